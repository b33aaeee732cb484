"""A Modbus device that is not ours: pymodbus (Debian's python3-pymodbus), over TCP or on a serial port.

usage: pymodbus-server.py tcp | rtu PATH     prints "ready PORT" (0 for rtu) when it serves; ends with its stdin.

Units 1 and 2; register n of the holding registers holds n, of the input registers 1000 + n; coil n is set when n is
divisible by 3, input n when n is divisible by 5. Addresses 0 to 1999.
"""
import asyncio
import logging
import sys

from pymodbus.datastore import ModbusSequentialDataBlock, ModbusServerContext, ModbusSlaveContext
from pymodbus.framer.rtu_framer import ModbusRtuFramer
from pymodbus.server.async_io import ModbusSerialServer, ModbusTcpServer

SIZE = 2000
# Refusals and lost connections are what the tests are about, not errors.
logging.disable(logging.ERROR)


def unit():
    return ModbusSlaveContext(
        hr=ModbusSequentialDataBlock(0, list(range(SIZE))),
        ir=ModbusSequentialDataBlock(0, [1000 + n for n in range(SIZE)]),
        co=ModbusSequentialDataBlock(0, [n % 3 == 0 for n in range(SIZE)]),
        di=ModbusSequentialDataBlock(0, [n % 5 == 0 for n in range(SIZE)]),
        zero_mode=True,
    )


async def end_with_stdin():
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


async def main():
    context = ModbusServerContext(slaves={1: unit(), 2: unit()}, single=False)
    if sys.argv[1] == "tcp":
        server = ModbusTcpServer(context, address=("127.0.0.1", 0))
        serving = asyncio.create_task(server.serve_forever())
        await server.serving
        port = server.server.sockets[0].getsockname()[1]
    else:
        server = ModbusSerialServer(
            context, framer=ModbusRtuFramer, port=sys.argv[2], baudrate=19200, ignore_missing_slaves=True
        )
        await server.start()
        serving = asyncio.create_task(server.serve_forever())
        port = 0
    print("ready", port, flush=True)
    await end_with_stdin()
    serving.cancel()


asyncio.run(main())
