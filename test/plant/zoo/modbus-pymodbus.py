"""A Modbus device that is not ours: pymodbus (Debian's python3-pymodbus), as a declaration says.

usage: modbus-pymodbus.py JSON     prints "ready PORT" when it serves on loopback; ends with its standard input

The declaration: units (unit -> tables, identity, serverId, maxRegisters, maxBits), otherUnits ("silence", {"unit": n} or
{"exception": 11}), as in modbus-traits.ts. A line "firmware V2.8" on standard input changes the revision that it tells.
"""
import asyncio
import json
import logging
import sys

from pymodbus.bit_read_message import ReadCoilsRequest, ReadDiscreteInputsRequest
from pymodbus.datastore import ModbusServerContext, ModbusSlaveContext
from pymodbus.datastore.store import BaseModbusDataBlock
from pymodbus.device import ModbusDeviceIdentification
from pymodbus.factory import ServerDecoder
from pymodbus.mei_message import ReadDeviceInformationRequest
from pymodbus.other_message import ReportSlaveIdRequest
from pymodbus.pdu import IllegalFunctionRequest, ModbusExceptions
from pymodbus.register_read_message import ReadHoldingRegistersRequest, ReadInputRegistersRequest
from pymodbus.server.async_io import ModbusTcpServer

# Refusals and lost connections are what the tests are about, not errors.
logging.disable(logging.ERROR)

READS = {
    "coil": ("c", ReadCoilsRequest, "maxBits"),
    "discrete": ("d", ReadDiscreteInputsRequest, "maxBits"),
    "holding": ("h", ReadHoldingRegistersRequest, "maxRegisters"),
    "input": ("i", ReadInputRegistersRequest, "maxRegisters"),
}


class Areas(BaseModbusDataBlock):
    """Neighbours that one request may span; nothing between."""

    def __init__(self, areas):
        self.areas = areas

    def find(self, address, count):
        for area in self.areas:
            if area["from"] <= address and address + count <= area["from"] + len(area["words"]):
                return area
        return None

    def validate(self, address, count=1):
        return self.find(address, count) is not None

    def getValues(self, address, count=1):
        area = self.find(address, count)
        at = address - area["from"]
        return area["words"][at : at + count]

    def setValues(self, address, values):
        raise NotImplementedError("read-only")


def limited(request, most):
    """The same request with a limit of the device's own."""

    class Limited(request):
        def execute(self, context):
            return self.doException(ModbusExceptions.IllegalValue) if self.count > most else super().execute(context)

    return Limited


class Decoder(ServerDecoder):
    """Knows the functions that the device has, and no others."""

    def __init__(self, requests):
        super().__init__()
        self.codes = {request.function_code for request in requests}
        for request in requests:
            self.register(request)

    def decode(self, message):
        return super().decode(message) if message[0] in self.codes else IllegalFunctionRequest(message[0])


def requests_of(unit):
    for table, (_, request, limit) in READS.items():
        if table in unit["tables"]:
            yield limited(request, unit[limit]) if limit in unit else request
    if "identity" in unit:
        yield ReadDeviceInformationRequest
    if "serverId" in unit:
        yield ReportSlaveIdRequest


def context_of(unit):
    blocks = {key: Areas(unit["tables"].get(name, [])) for name, (key, _, _) in READS.items()}
    context = ModbusSlaveContext(co=blocks["c"], di=blocks["d"], hr=blocks["h"], ir=blocks["i"], zero_mode=True)
    if "serverId" in unit:
        context.reportSlaveIdData = unit["serverId"].encode("latin1")
    return context


def contexts_of(declared):
    units = {int(number): context_of(unit) for number, unit in declared["units"].items()}
    others = declared["otherUnits"]
    if isinstance(others, dict) and "unit" in others:
        return ModbusServerContext(slaves=units[others["unit"]], single=True)
    return ModbusServerContext(slaves=units, single=False)


async def obey(identity):
    """Standard input, until it ends."""
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        word, _, value = line.strip().partition(" ")
        if word == "firmware":
            identity.MajorMinorRevision = value


async def main():
    declared = json.loads(sys.argv[1])
    first = next(iter(declared["units"].values()))
    told = first.get("identity", {})
    identity = ModbusDeviceIdentification(
        {0: told.get("vendor", ""), 1: told.get("product", ""), 2: told.get("revision", "")}
    )
    server = ModbusTcpServer(
        contexts_of(declared),
        identity=identity,
        address=("127.0.0.1", 0),
        ignore_missing_slaves=declared["otherUnits"] == "silence",
    )
    server.decoder = Decoder(list(requests_of(first)))
    serving = asyncio.create_task(server.serve_forever())
    await server.serving
    print("ready", server.server.sockets[0].getsockname()[1], flush=True)
    await obey(server.control.Identity)
    serving.cancel()


asyncio.run(main())
