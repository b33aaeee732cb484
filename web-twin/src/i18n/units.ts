/** UCUM codes (case sensitive) whose printed symbol is another. */
const SYMBOLS: Readonly<Record<string, string>> = {
  "1": "",
  Cel: "°C",
  "[degF]": "°F",
  "[g]": "g",
  "m/s2": "m/s²",
  "{rpm}": "rpm",
  "/min": "1/min",
  "[psi]": "psi",
  "m3/h": "m³/h",
  Ohm: "Ω",
  um: "µm",
  us: "µs",
};

/** How a unit is printed. */
export const unitSymbol = (ucum: string): string =>
  (Object.hasOwn(SYMBOLS, ucum) ? SYMBOLS[ucum] : ucum) ?? "";
