"""What this machine has: versions, and the GPU that torch would use."""
import importlib
import importlib.util
import platform

# Without accelerate a model can be loaded, but not kept in main memory part by part.
LIBRARIES = ("torch", "diffusers", "transformers", "accelerate", "imageio_ffmpeg")


def probe(needed):
    """Looks without failing. `missing` names what of `needed` is not installed or cannot be imported, with why."""
    versions, missing = {}, {}
    for name in LIBRARIES:
        if importlib.util.find_spec(name) is None:
            if name in needed:
                missing[name] = "not installed"
            continue
        if name not in needed:
            versions[name] = "installed"
            continue
        try:
            versions[name] = str(getattr(importlib.import_module(name), "__version__", "unknown"))
        except Exception as fault:  # an import runs anything: a wrong CUDA, a wrong numpy, a half-installed wheel
            missing[name] = f"cannot be imported: {type(fault).__name__}: {fault}"
    gpu, why = (None, "torch is missing") if "torch" in missing else look_for_gpu()
    return {"answer": "probed", "python": platform.python_version(), "versions": versions, "missing": missing, "gpu": gpu, "why_no_gpu": why}


def look_for_gpu():
    import torch

    if not torch.cuda.is_available():
        return None, "torch sees no GPU"
    try:
        major, minor = torch.cuda.get_device_capability(0)
        name = torch.cuda.get_device_name(0)
        if not is_built_for(major, minor, torch.cuda.get_arch_list()):
            return None, f"this build of torch has no code for {name} (capability {major}.{minor}; it has {', '.join(torch.cuda.get_arch_list())})"
        free, total = torch.cuda.mem_get_info(0)
        # From 8.0 in hardware; torch emulates it on older ones and then says yes too.
        bfloat16 = major >= 8 and torch.cuda.is_bf16_supported()
        return {"name": name, "capability": f"{major}.{minor}", "free": free, "total": total, "bfloat16": bfloat16}, None
    except RuntimeError as fault:  # a driver that is too old shows itself only when it is asked
        return None, f"the GPU cannot be used: {fault}"


def is_built_for(major, minor, built):
    """Binary code runs on its own generation from its minor version on; `compute_` code is compiled for any later GPU."""
    if not built:
        return True
    for word in built:
        kind, _, number = word.partition("_")
        digits = "".join(c for c in number if c.isdigit())
        if not digits:
            continue
        its_major, its_minor = int(digits[:-1] or 0), int(digits[-1])
        if kind == "sm" and its_major == major and its_minor <= minor:
            return True
        if kind == "compute" and (its_major, its_minor) <= (major, minor):
            return True
    return not any(word.startswith(("sm_", "compute_")) for word in built)  # another maker's GPU: not ours to judge
