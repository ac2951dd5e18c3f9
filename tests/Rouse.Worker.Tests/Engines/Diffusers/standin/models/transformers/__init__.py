"""Stands in for transformers: pipelines for speech whose answers are made of what they were given and of the weights they read."""
import json
import os
import types

from diffusers.standin import note, weights
from numpy import ndarray

__version__ = "4.57.1+standin"


def pipeline(task, model=None, dtype=None, device=None, trust_remote_code=None, model_kwargs=None):
    note("pipeline", task=task, folder=model, dtype=repr(dtype), device=str(device), trust_remote_code=trust_remote_code, model_kwargs=model_kwargs)
    kinds = {"automatic-speech-recognition": AutomaticSpeechRecognitionPipeline, "text-to-speech": TextToAudioPipeline}
    return kinds[task](model, model_kwargs.get("variant"))


class AutomaticSpeechRecognitionPipeline:
    def __init__(self, folder, variant):
        self.weights = weights(folder, "model", variant)
        # Names of models for English alone end so.
        self.model = types.SimpleNamespace(config=types.SimpleNamespace(), generation_config=types.SimpleNamespace(is_multilingual="english" not in folder))
        self.feature_extractor = types.SimpleNamespace(sampling_rate=16000)

    def __call__(self, inputs, **arguments):
        seconds = len(inputs["raw"]) / inputs["sampling_rate"]
        note("call", seconds=seconds, arguments=arguments)
        language = arguments.get("generate_kwargs", {}).get("language", "turkish")
        if language != "turkish":
            raise ValueError(f"Unsupported language: {language}. Language should be one of: ['turkish'].")
        text = f" {seconds} s of sound, heard with {self.weights.hex()[:8]}"
        return {"text": text, "chunks": [{"timestamp": (0.0, seconds), "text": text}]}


class TextToAudioPipeline:
    def __init__(self, folder, variant):
        self.weights = weights(folder, "model", variant)
        with open(os.path.join(folder, "config.json"), encoding="utf-8") as config:
            self.model = types.SimpleNamespace(config=types.SimpleNamespace(num_speakers=json.load(config).get("num_speakers", 1)))

    def __call__(self, text_inputs, **arguments):
        note("call", text=text_inputs, arguments=arguments)
        if text_inputs == "overflow":
            return {"audio": ndarray([0.5, float("nan")], channels=1), "sampling_rate": 16000}
        return {"audio": ndarray([0.5, -0.5] * (len(text_inputs) * 100), channels=1), "sampling_rate": 16000}
