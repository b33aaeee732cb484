/** What is wrong with an address, and where: `at` is the offset of the offending character. */
export interface AddressProblem {
  readonly at: number;
  readonly message: string;
}
