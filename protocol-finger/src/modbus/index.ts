export { type AddressBase, type ParsedAddress, parseAddress } from "./address.ts";
export { looksLikeModbus } from "./place.ts";
export {
  elementWidth,
  isBitTable,
  type ModbusAddress,
  type ModbusType,
  READ_FUNCTION,
  type Table,
  WORD_ORDERS,
  type WordOrder,
} from "./types.ts";
export { createModbusReader, type ModbusReader } from "./values.ts";
