"""What went wrong, in a stable word and one sentence; the traceback goes to stderr, which is the worker's log, and never to callers."""
import sys
import traceback

MAX_MESSAGE = 500

OVERFLOW = "The model's numbers overflowed: what it made is not numbers, and would be black or silent."

# What numpy warns of when it makes pixels of such numbers.
NOT_A_NUMBER = "invalid value encountered in cast"


class Refusal(Exception):
    """Something that cannot be, said for those who asked for it."""

    def __init__(self, code, message):
        super().__init__(message)
        self.code = code


class Stopped(Exception):
    """The worker asked for the end of this run."""


def describe(fault):
    """(code, message) of an exception."""
    if isinstance(fault, Refusal):
        return fault.code, str(fault)
    if is_callers(fault):
        return "invalid_input", f"The model's pipeline does not take this: {first_line(fault)}"
    traceback.print_exception(type(fault), fault, fault.__traceback__, file=sys.stderr)
    sys.stderr.flush()
    if is_out_of_memory(fault):
        return "out_of_memory", first_line(fault)
    if isinstance(fault, RuntimeWarning):
        return "engine_failed", f"{OVERFLOW} Set ROUSE_DIFFUSERS_DTYPE to bfloat16 or float32, or ask for less guidance."
    return "engine_failed", f"{type(fault).__name__}: {first_line(fault)}"


def is_out_of_memory(fault):
    """torch's own class has had two names; drivers' words for it come as plain RuntimeErrors."""
    return (
        isinstance(fault, MemoryError)
        or type(fault).__name__ == "OutOfMemoryError"
        or isinstance(fault, RuntimeError) and any(words in str(fault).lower() for words in ("out of memory", "_alloc_failed"))
    )


def is_callers(fault):
    """Pipelines judge what they are asked for in a method of this name, before they run."""
    return isinstance(fault, (ValueError, TypeError)) and any(frame.name == "check_inputs" for frame in traceback.extract_tb(fault.__traceback__))


def is_beyond_repair(fault):
    """After such a fault (an illegal address, an assertion in a kernel) every call of CUDA fails, in this process."""
    return isinstance(fault, RuntimeError) and "CUDA error" in str(fault) and not is_out_of_memory(fault)


def first_line(fault):
    lines = [line.strip() for line in str(fault).splitlines() if line.strip()]
    return lines[0][:MAX_MESSAGE] if lines else "no message"


def let_go():
    """Gives back what a failed run still holds, so that the next one has room."""
    import gc

    gc.collect()
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available():
        torch.cuda.empty_cache()
