/** A model that cannot be drawn. The message tells its author what to change; it begins after the file's name. */
export class ModelError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "ModelError";
  }
}
