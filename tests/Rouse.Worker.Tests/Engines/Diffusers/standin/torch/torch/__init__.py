"""Stands in for torch: the names that the runner uses, with the same calls. STANDIN (JSON) says what GPU there is."""
import json
import os
import random

__version__ = "2.8.0+standin"
MACHINE = json.loads(os.environ.get("STANDIN", "{}"))


class dtype:
    def __init__(self, name):
        self._name = name

    def __repr__(self):
        return f"torch.{self._name}"


float16, bfloat16, float32 = dtype("float16"), dtype("bfloat16"), dtype("float32")


class Generator:
    def __init__(self, device="cpu"):
        self.device = device
        self._seed = 0

    def manual_seed(self, seed):
        self._seed = seed
        return self

    def initial_seed(self):
        return self._seed


def manual_seed(seed):
    random.seed(seed)
    return Generator().manual_seed(seed)


class cuda:
    class OutOfMemoryError(RuntimeError):
        pass

    @staticmethod
    def is_available():
        return "gpu" in MACHINE

    @staticmethod
    def get_device_name(device=None):
        return MACHINE["gpu"]

    @staticmethod
    def get_device_capability(device=None):
        return tuple(MACHINE.get("capability", (8, 6)))

    @staticmethod
    def get_arch_list():
        return MACHINE.get("built_for", ["sm_80", "sm_86", "sm_90"])

    @staticmethod
    def is_bf16_supported():
        return True

    @staticmethod
    def mem_get_info(device=None):
        return MACHINE["free"], MACHINE["total"]

    @staticmethod
    def empty_cache():
        print("torch emptied its cache")
