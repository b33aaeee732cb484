"""Prints the first SYN-ACK that comes in on an interface: window, TTL, DF and TCP options, as JSON."""

import json
import socket
import struct
import sys

ETH_P_IP = 0x0800
SYN_ACK = 0x12
NAMES = {0: "E", 1: "N", 2: "M", 3: "W", 4: "S", 8: "T"}


def options(data):
    names = []
    while data:
        kind = data[0]
        value = data[2 : data[1]] if kind > 1 else b""
        names.append(NAMES.get(kind, str(kind)) + (str(int.from_bytes(value, "big")) if kind in (2, 3) else ""))
        data = data[data[1] :] if kind > 1 else data[1:]
    return ",".join(names)


def main():
    witness = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ETH_P_IP))
    witness.bind((sys.argv[1], ETH_P_IP))
    witness.settimeout(30)
    print("ready", flush=True)
    while True:
        packet = witness.recv(2048)
        tcp = packet[(packet[0] & 15) * 4 :]
        if packet[9] != socket.IPPROTO_TCP or tcp[13] != SYN_ACK:
            continue
        fragment, ttl = struct.unpack(">HB", packet[6:9])
        seen = {
            "window": int.from_bytes(tcp[14:16], "big"),
            "ttl": ttl,
            "dontFragment": bool(fragment & 0x4000),
            "options": options(tcp[20 : (tcp[12] >> 4) * 4]),
        }
        print(json.dumps(seen), flush=True)
        return


main()
