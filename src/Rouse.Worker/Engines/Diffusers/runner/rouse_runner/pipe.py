"""Frames between the worker and this process.

A frame is two lengths of 4 bytes, little-endian, then that many bytes of JSON (an object) and that many of payload: pixels, a film, sound.
"""
import json
import os
import struct
import threading

LENGTHS = struct.Struct("<II")

# The worker is bounded in the same way; a longer one means that the two do not understand each other.
MAX_JSON = 16 << 20
MAX_PAYLOAD = 1 << 30


class Pipe:
    """Takes over stdin and stdout: whatever a library prints afterwards goes to stderr, where it is log and no frame."""

    def __init__(self):
        self._from_worker = os.fdopen(os.dup(0), "rb")
        self._to_worker = os.fdopen(os.dup(1), "wb")
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.close(nothing)
        os.dup2(2, 1)
        self._writing = threading.Lock()

    def receive(self):
        """The next frame as (object, payload); None when the worker is gone."""
        lengths = self._from_worker.read(LENGTHS.size)
        if len(lengths) < LENGTHS.size:
            return None
        json_length, payload_length = LENGTHS.unpack(lengths)
        if json_length > MAX_JSON or payload_length > MAX_PAYLOAD:
            raise ValueError(f"a frame of {json_length} and {payload_length} bytes is none of ours")
        text = self._from_worker.read(json_length)
        payload = self._from_worker.read(payload_length)
        if len(text) < json_length or len(payload) < payload_length:
            return None
        return json.loads(text), payload

    def send(self, message, payload=b""):
        text = json.dumps(message).encode()
        with self._writing:
            self._to_worker.write(LENGTHS.pack(len(text), len(payload)))
            self._to_worker.write(text)
            self._to_worker.write(payload)
            self._to_worker.flush()
