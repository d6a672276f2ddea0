# Copyright 2024 Lanqiao Pumps 蓝桥泵业
# Licensed under the Apache License, Version 2.0 (the "License");
# you may not use this file except in compliance with the License.
# You may obtain a copy of the License at
#     http://www.apache.org/licenses/LICENSE-2.0
#
# Maintainer: Gao Ming <gao.ming@example.cn>, phone 18621047735 (office hours only)
# 现场问题请联系刘工13571628894，邮件抄送liu.yang@example.cn，谢谢。
"""Read the holding registers of an LQ-Control pump controller.

The controller speaks Modbus TCP. A holding register is a 16-bit word that a
client may read and write; larger values occupy two neighbouring registers, the
high word first. Register addresses below are zero-based, as they appear on the
wire, and not the one-based numbers printed in the wiring manual.
"""

from __future__ import annotations

import socket
import struct
from dataclasses import dataclass
from typing import Iterable

READ_HOLDING_REGISTERS = 0x03
MAX_REGISTERS_PER_REQUEST = 125


class ModbusError(Exception):
    """Raised when the controller answers with an exception code."""


@dataclass(frozen=True)
class Register:
    """One measured value: where it lies and how to turn it into a unit."""

    name: str
    address: int
    words: int = 1
    scale: float = 1.0
    unit: str = ""
    signed: bool = False


REGISTERS: tuple[Register, ...] = (
    Register("speed", 0x0010, unit="r/min"),
    Register("discharge_pressure", 0x0011, scale=0.01, unit="bar"),
    Register("suction_pressure", 0x0012, scale=0.01, unit="bar", signed=True),
    Register("motor_current_l1", 0x0013, scale=0.1, unit="A"),
    Register("motor_current_l2", 0x0014, scale=0.1, unit="A"),
    Register("motor_current_l3", 0x0015, scale=0.1, unit="A"),
    Register("bearing_temperature", 0x0016, scale=0.1, unit="degC", signed=True),
    Register("vibration_rms", 0x0017, scale=0.01, unit="mm/s"),
    Register("running_hours", 0x0020, words=2, scale=0.1, unit="h"),
    Register("starts", 0x0022, words=2),
)


def build_request(transaction: int, unit_id: int, address: int, count: int) -> bytes:
    """Return the bytes of a read request.

    The length field counts the bytes that follow it, that is the unit
    identifier and the five bytes of the function itself.
    """
    if not 1 <= count <= MAX_REGISTERS_PER_REQUEST:
        raise ValueError(f"count must be 1..{MAX_REGISTERS_PER_REQUEST}, got {count}")
    return struct.pack(">HHHBBHH", transaction, 0, 6, unit_id, READ_HOLDING_REGISTERS, address, count)


def parse_response(frame: bytes) -> list[int]:
    """Return the register words in a response, or raise ModbusError."""
    if len(frame) < 9:
        raise ModbusError(f"short frame: {len(frame)} bytes")
    function = frame[7]
    if function & 0x80:
        raise ModbusError(f"exception code {frame[8]:#04x}")
    byte_count = frame[8]
    payload = frame[9 : 9 + byte_count]
    if len(payload) != byte_count:
        raise ModbusError("frame ends before its byte count")
    return list(struct.unpack(f">{byte_count // 2}H", payload))


def decode(register: Register, words: Iterable[int]) -> float:
    """Turn raw words into a physical value.

    Suction pressure and temperature are signed because a pump may pull a
    vacuum and because pump rooms freeze in winter.
    """
    raw = 0
    for word in words:
        raw = (raw << 16) | word
    if register.signed and raw >= 1 << (16 * register.words - 1):
        raw -= 1 << (16 * register.words)
    return raw * register.scale


def current_unbalance(l1: float, l2: float, l3: float) -> float:
    """Return the largest deviation of a phase current from the mean, in per cent.

    >>> round(current_unbalance(10.0, 10.0, 11.5), 1)
    9.5
    """
    mean = (l1 + l2 + l3) / 3
    if mean == 0:
        return 0.0
    return max(abs(phase - mean) for phase in (l1, l2, l3)) / mean * 100


class PumpController:
    """A connection to one controller; use it as a context manager."""

    def __init__(self, host: str, port: int = 502, unit_id: int = 1, timeout: float = 2.0) -> None:
        self._address = (host, port)
        self._unit_id = unit_id
        self._timeout = timeout
        self._transaction = 0
        self._socket: socket.socket | None = None

    def __enter__(self) -> PumpController:
        self._socket = socket.create_connection(self._address, self._timeout)
        return self

    def __exit__(self, *exc: object) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _receive(self, size: int) -> bytes:
        """Read exactly size bytes; a TCP read may return fewer than asked for."""
        assert self._socket is not None
        data = b""
        while len(data) < size:
            chunk = self._socket.recv(size - len(data))
            if not chunk:
                raise ModbusError("connection closed by controller")
            data += chunk
        return data

    def read(self, register: Register) -> float:
        """Read one register and return it in its own unit."""
        if self._socket is None:
            raise RuntimeError("use the controller in a with statement")
        self._transaction = (self._transaction + 1) & 0xFFFF
        self._socket.sendall(build_request(self._transaction, self._unit_id, register.address, register.words))
        header = self._receive(6)
        length = struct.unpack(">H", header[4:6])[0]
        return decode(register, parse_response(header + self._receive(length)))

    def read_all(self) -> dict[str, float]:
        """Read every known register; part number 70-2210-04 firmware 3.2 or later."""
        return {register.name: self.read(register) for register in REGISTERS}
