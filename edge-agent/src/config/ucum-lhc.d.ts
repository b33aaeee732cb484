declare module "@lhncbc/ucum-lhc" {
  interface Ucum {
    validateUnitString(
      code: string,
      suggest: boolean,
    ): { readonly status: string; readonly suggestions?: { readonly units?: string[][] }[] };
    convertUnitTo(
      from: string,
      value: number,
      to: string,
    ): { readonly status: string; readonly toVal: number | null };
  }
  export const UcumLhcUtils: { getInstance(): Ucum };
}
