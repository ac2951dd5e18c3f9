"""Stands in for diffusers: pipelines with the real ones' calls, which make small pictures of prompt, seed and the weights they read."""
import hashlib
import json
import os
import time
import types
import warnings

import torch
from PIL import Image

from . import utils
from .standin import note, weights

__version__ = "0.35.1+standin"
HERE = globals()
LOADING = {"torch_dtype", "variant", "use_safetensors", "local_files_only", "safety_checker", "requires_safety_checker"}
STEM = {"diffusers": "diffusion_pytorch_model", "transformers": "model", "stable_diffusion": "model"}
WITH_WEIGHTS = ("unet", "transformer", "vae", "text_encoder", "safety_checker")


class DiffusionPipeline:
    @classmethod
    def from_pretrained(cls, folder, **arguments):
        if set(arguments) - LOADING:
            raise TypeError(f"unexpected {sorted(set(arguments) - LOADING)}")
        with open(os.path.join(folder, "model_index.json"), encoding="utf-8") as file:
            index = json.load(file)
        kind = HERE[index["_class_name"]] if cls is DiffusionPipeline else cls
        note("from_pretrained", pipeline=kind.__name__, folder=folder, arguments=arguments)
        pipe = kind.__new__(kind)
        pipe.weights = hashlib.sha256()
        for name, part in sorted(index.items()):
            if isinstance(part, list) and part[0] in STEM and name in WITH_WEIGHTS and (name not in arguments or arguments[name] is not None):
                pipe.weights.update(weights(os.path.join(folder, name), STEM[part[0]], arguments.get("variant")))
        pipe.checks = "safety_checker" in index and arguments.get("safety_checker", 1) is not None
        decoder = os.path.join(folder, "vae", "config.json")
        if os.path.isfile(decoder):
            with open(decoder, encoding="utf-8") as file:
                pipe.vae = AutoencoderKLWan()
                pipe.vae.config = types.SimpleNamespace(**json.load(file))
        print("a library prints while it loads")
        if torch_machine().get("hangs"):
            note("hang")
            time.sleep(600)
        return pipe

    def to(self, device):
        note("to", device=str(device))
        if "to" in torch_machine().get("full_at", []):
            raise torch.cuda.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB.\nDetails nobody asked for")
        return self

    def enable_model_cpu_offload(self):
        note("enable_model_cpu_offload")

    def enable_sequential_cpu_offload(self):
        note("enable_sequential_cpu_offload")

    def maybe_free_model_hooks(self):
        note("maybe_free_model_hooks")

    def set_progress_bar_config(self, **arguments):
        pass

    def denoise(self, steps, callback, prompt):
        """One turn a step; words in the prompt say what goes wrong."""
        self.num_timesteps = steps
        for step in range(steps):
            if "hang" in prompt:
                note("hang")
                time.sleep(600)
            if "slow" in prompt:
                time.sleep(0.2)  # 150 steps are half a minute for the word that ends them
            if "die" in prompt and step == 1:
                os.kill(os.getpid(), 9)
            if "exit" in prompt:
                os.write(2, b"Fatal Python error: a kernel gave up\n")
                os._exit(3)
            if "oom" in prompt:
                raise torch.cuda.OutOfMemoryError("CUDA out of memory. Tried to allocate 9.00 GiB.\nDetails nobody asked for")
            if "cublas" in prompt:
                raise RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`")
            if "illegal" in prompt:
                raise RuntimeError("CUDA error: an illegal memory access was encountered\nCUDA kernel errors might be reported later")
            if "overflow" in prompt:
                warnings.warn("invalid value encountered in cast", RuntimeWarning)
            if "wrong" in prompt:
                raise ValueError("no such thing\n  File \"/usr/lib/secret.py\", line 1")
            if "noisy" in prompt:
                print("{\"answer\": \"done\"}" * 50, flush=True)
                os.write(1, b"\x00\x00\x00\x00 raw words of a C library")
            note("step", step=step)
            if callback:
                callback(self, step, 1000 - step, {"latents": None})

    def draw(self, width, height, *of):
        sha = hashlib.sha256(self.weights.digest())
        for one in of:
            sha.update(repr(one).encode())
        line = (sha.digest() * (width * 3 // 32 + 1))[: width * 3]
        return Image.frombytes("RGB", (width, height), line * height)


def torch_machine():
    return json.loads(os.environ.get("STANDIN", "{}"))


class StableDiffusionPipeline(DiffusionPipeline):
    def __call__(self, prompt=None, height=None, width=None, num_inference_steps=50, guidance_scale=7.5, negative_prompt=None,
                 num_images_per_prompt=1, generator=None, output_type="pil", callback_on_step_end=None):
        width, height = width or 512, height or 512
        if "picky" in prompt and (width, height) != (512, 512):
            raise ValueError("only 512")
        self.denoise(num_inference_steps, callback_on_step_end, prompt)
        note("call", pipeline=type(self).__name__, width=width, height=height, seed=generator.initial_seed(), steps=num_inference_steps, guidance=guidance_scale)
        image = self.draw(width, height, prompt, negative_prompt, generator.initial_seed(), num_inference_steps, guidance_scale)
        return types.SimpleNamespace(images=[image], nsfw_content_detected=["flagged" in prompt] if self.checks else None)


class StableDiffusionImg2ImgPipeline(DiffusionPipeline):
    def __call__(self, prompt=None, image=None, strength=0.8, num_inference_steps=50, guidance_scale=7.5, negative_prompt=None,
                 generator=None, output_type="pil", callback_on_step_end=None):
        self.denoise(max(1, int(num_inference_steps * strength)), callback_on_step_end, prompt)
        note("call", pipeline=type(self).__name__, image=list(image.size), first=list(image.tobytes()[:3]), strength=strength)
        return types.SimpleNamespace(images=[self.draw(*image.size, prompt, image.tobytes(), generator.initial_seed(), strength)])


class FluxKontextPipeline(DiffusionPipeline):
    def __call__(self, image=None, prompt=None, height=None, width=None, num_inference_steps=28, guidance_scale=3.5, generator=None,
                 output_type="pil", callback_on_step_end=None):
        self.denoise(num_inference_steps, callback_on_step_end, prompt)
        note("call", pipeline=type(self).__name__, width=width, height=height)
        return types.SimpleNamespace(images=[self.draw(width, height, prompt, generator.initial_seed())])


class FluxPipeline(DiffusionPipeline):
    def __call__(self, prompt=None, height=None, width=None, num_inference_steps=28, guidance_scale=3.5, generator=None,
                 output_type="pil", callback_on_step_end=None):
        self.denoise(num_inference_steps, callback_on_step_end, prompt)
        note("call", pipeline=type(self).__name__, steps=num_inference_steps, guidance=guidance_scale)
        return types.SimpleNamespace(images=[self.draw(width or 1024, height or 1024, prompt, generator.initial_seed())])


class AutoencoderKLWan:
    def enable_slicing(self):
        note("enable_slicing")

    def enable_tiling(self):
        note("enable_tiling")


class WanPipeline(DiffusionPipeline):
    vae = AutoencoderKLWan()

    def check_inputs(self, height, width):
        if height % 16 != 0 or width % 16 != 0:
            raise ValueError(f"`height` and `width` have to be divisible by 16 but are {height} and {width}.")

    def __call__(self, prompt=None, negative_prompt=None, height=480, width=832, num_frames=81, num_inference_steps=50, guidance_scale=5.0,
                 generator=None, output_type="np", callback_on_step_end=None):
        self.check_inputs(height, width)
        self.denoise(num_inference_steps, callback_on_step_end, prompt)
        return types.SimpleNamespace(frames=[[self.draw(width, height, prompt, generator.initial_seed(), n) for n in range(num_frames)]])


class WanImageToVideoPipeline(DiffusionPipeline):
    def __call__(self, image, prompt=None, num_frames=81, generator=None, output_type="np", callback_on_step_end=None):
        raise AssertionError("nobody asks for this")


class AutoPipeline:
    siblings = {}

    @classmethod
    def from_pretrained(cls, folder, **arguments):
        with open(os.path.join(folder, "model_index.json"), encoding="utf-8") as file:
            name = json.load(file)["_class_name"]
        if name not in cls.siblings:
            raise ValueError(f"AutoPipeline can't find a pipeline linked to {name} for None")
        return cls.siblings[name].from_pretrained(folder, **arguments)


class AutoPipelineForText2Image(AutoPipeline):
    siblings = {"StableDiffusionPipeline": StableDiffusionPipeline, "FluxPipeline": FluxPipeline}


class AutoPipelineForImage2Image(AutoPipeline):
    siblings = {"StableDiffusionPipeline": StableDiffusionImg2ImgPipeline, "FluxKontextPipeline": FluxKontextPipeline}
