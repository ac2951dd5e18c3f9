"""Speech both ways with transformers."""
import array
import json
import os
import shutil

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
            "torch_dtype": getattr(torch, order["dtype"]),
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
            "languages": self._kind == "whisper",
            "decodes": shutil.which("ffmpeg") is not None,
        }

    def run(self, order, payload, run):
        return self._hear(order, payload) if self._task == "speech2text" else self._speak(order, run)

    def _hear(self, order, payload):
        if order["raw"]:
            import numpy

            sound = {"raw": numpy.frombuffer(payload, dtype="<f4").copy(), "sampling_rate": self._rate}
        else:
            sound = payload  # transformers has ffmpeg decode it
        arguments = {}
        if self._kind == "whisper":
            # Recordings over 30 s are only taken with time stamps.
            arguments["return_timestamps"] = True
            if order["arguments"]:
                arguments["generate_kwargs"] = order["arguments"]
        try:
            output = self._pipe(sound, **arguments)
        except ValueError as fault:
            if "soundfile" in str(fault).lower() or "audio file" in str(fault).lower():
                raise faults.Refusal("invalid_input", "'audio' holds no sound that ffmpeg can read.") from fault
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
        run.made(array.array("f", samples).tobytes(), kind="samples", rate=int(output["sampling_rate"]), seed=order["seed"])
        return {}
