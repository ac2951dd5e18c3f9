"""Stands in for numpy: one-dimensional floats."""
import array


class ndarray:
    def __init__(self, values, channels=0):
        self._values = values
        self._channels = channels

    def copy(self):
        return ndarray(self._values[:], self._channels)

    def squeeze(self):
        return ndarray(self._values)

    def tolist(self):
        return [list(self._values)] if self._channels else list(self._values)

    def __len__(self):
        return len(self._values)


def frombuffer(data, dtype):
    assert dtype == "<f4"
    return ndarray(array.array("f", bytes(data)))
