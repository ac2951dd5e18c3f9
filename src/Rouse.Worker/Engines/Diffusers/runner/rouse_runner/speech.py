"""Speech both ways with transformers."""
import array
import inspect
import json
import math
import os
import shutil
import subprocess
import tempfile

from . import faults

TASKS = {"speech2text": "automatic-speech-recognition", "text2speech": "text-to-speech"}

# These make spectrograms and want a second repository to make sound of them, which nobody named.
NEED_A_VOCODER = ("speecht5", "fastspeech2_conformer")


class SpeechModel:
    def __init__(self, order):
        import torch
        import transformers

        self._task = order["task"]
        with open(os.path.join(order["folder"], "config.json"), encoding="utf-8") as config:
            kind = json.load(config).get("model_type", "")
        if self._task == "text2speech" and kind in NEED_A_VOCODER:
            raise faults.Refusal("model_unusable", f"A model of the kind {kind} needs a vocoder from another repository, and only this one is loaded.")
        arguments = {
            "model": order["folder"],
            # transformers calls it so from 4.56 on.
            "dtype" if "dtype" in inspect.signature(transformers.pipeline).parameters else "torch_dtype": getattr(torch, order["dtype"]),
            "device": order["device"],
            "trust_remote_code": False,
            "model_kwargs": {"use_safetensors": True, "local_files_only": True, **({"variant": order["variant"]} if order["variant"] else {})},
        }
        self._pipe = transformers.pipeline(TASKS[self._task], **arguments)
        self._kind = kind
        self._speakers = int(getattr(self._pipe.model.config, "num_speakers", 1) or 1)
        extractor = getattr(self._pipe, "feature_extractor", None)
        self._rate = getattr(extractor, "sampling_rate", None)

    def traits(self):
        return {
            "pipeline": type(self._pipe).__name__,
            "takes": [],
            "defaults": {},
            "sampling_rate": self._rate,
            "speakers": self._speakers,
            "languages": self._kind == "whisper" and getattr(getattr(self._pipe.model, "generation_config", None), "is_multilingual", True),
            "decodes": shutil.which("ffmpeg") is not None,
        }

    def run(self, order, payload, run):
        return self._hear(order, payload) if self._task == "speech2text" else self._speak(order, run)

    def _hear(self, order, payload):
        import numpy

        samples = payload if order["raw"] else decode(payload, self._rate, order["max_seconds"])
        sound = {"raw": numpy.frombuffer(samples, dtype="<f4").copy(), "sampling_rate": self._rate}
        arguments = {}
        if self._kind == "whisper":
            # Recordings over 30 s are only taken with time stamps.
            arguments["return_timestamps"] = True
            if order["arguments"]:
                arguments["generate_kwargs"] = order["arguments"]
        try:
            output = self._pipe(sound, **arguments)
        except ValueError as fault:
            if "language" in order["arguments"] and "language" in str(fault):
                raise faults.Refusal("invalid_input", f"'language' is none that the model knows: {faults.first_line(fault)}") from fault
            raise
        parts = [{"start": part["timestamp"][0], "end": part["timestamp"][1], "text": part["text"]} for part in output.get("chunks") or []]
        return {"text": output["text"], "parts": parts}

    def _speak(self, order, run):
        import torch

        torch.manual_seed(order["seed"])
        arguments = {"forward_params": order["arguments"]} if order["arguments"] else {}
        output = self._pipe(order["text"], **arguments)
        samples = output["audio"].squeeze().tolist()
        if samples and isinstance(samples[0], list):
            samples = samples[0]
        if not math.isfinite(sum(samples)):
            raise faults.Refusal("engine_failed", f"{faults.OVERFLOW} Set ROUSE_DIFFUSERS_DTYPE=float32.")
        run.made(array.array("f", samples).tobytes(), kind="samples", rate=int(output["sampling_rate"]), seed=order["seed"])
        return {}


def decode(content, rate, max_seconds):
    """Samples as the model hears them. From a file and not a pipe: phones write the table that a decoder begins with at the end. It opens that file and nothing else."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "sound")
        with open(path, "wb") as file:
            file.write(content)
        source = ["-nostdin", "-v", "error", "-protocol_whitelist", "file", "-i", f"file:{path}"]
        wanted = ["-t", str(max_seconds + 1), "-vn", "-ac", "1", "-ar", str(rate), "-f", "f32le", "pipe:1"]
        done = subprocess.run(["ffmpeg", *source, *wanted], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=False)
    if done.returncode != 0 or not done.stdout:
        raise faults.Refusal("invalid_input", "'audio' holds no sound that ffmpeg can read.")
    if len(done.stdout) > max_seconds * rate * 4:
        raise faults.Refusal("invalid_input", f"'audio' must last {max_seconds // 60} minutes at most.")
    return done.stdout
