"""Stands in for Pillow: RGB pictures, PNG files of 8-bit RGB."""
import struct
import zlib


class UnidentifiedImageError(OSError):
    pass


class Image:
    def __init__(self, size, pixels, mode="RGB"):
        self.size, self._pixels, self.mode = size, pixels, mode

    def convert(self, mode):
        return Image(self.size, self._pixels, mode)

    def resize(self, size):
        width, height = self.size
        rows = []
        for y in range(size[1]):
            for x in range(size[0]):
                at = 3 * (y * height // size[1] * width + x * width // size[0])
                rows.append(self._pixels[at : at + 3])
        return Image(size, b"".join(rows), self.mode)

    def tobytes(self):
        return bytes(self._pixels)


def frombytes(mode, size, data):
    assert len(data) == 3 * size[0] * size[1]
    return Image(size, data, mode)


def open(file, formats=None):
    data = file.read()
    if data[:8] != b"\x89PNG\r\n\x1a\n" or "PNG" not in (formats or ["PNG"]):
        raise UnidentifiedImageError("cannot identify image file")
    at, idat, size = 8, b"", None
    while at < len(data):
        (length,) = struct.unpack(">I", data[at : at + 4])
        kind, body = data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        if kind == b"IHDR":
            size = struct.unpack(">II", body[:8])
        elif kind == b"IDAT":
            idat += body
        at += 12 + length
    return Image(size, unfilter(zlib.decompress(idat), *size))


def unfilter(data, width, height):
    stride, above, out = width * 3, bytes(width * 3), b""
    for y in range(height):
        kind, row = data[y * (stride + 1)], bytearray(data[y * (stride + 1) + 1 : (y + 1) * (stride + 1)])
        for i in range(stride):
            left = row[i - 3] if i >= 3 else 0
            corner = above[i - 3] if i >= 3 else 0
            row[i] = (row[i] + (0, left, above[i], (left + above[i]) // 2, paeth(left, above[i], corner))[kind]) & 255
        above = bytes(row)
        out += above
    return out


def paeth(a, b, c):
    p = a + b - c
    return min((abs(p - a), 0, a), (abs(p - b), 1, b), (abs(p - c), 2, c))[2]
