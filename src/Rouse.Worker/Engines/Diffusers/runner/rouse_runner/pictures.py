"""Pictures and films with diffusers. The pipeline is the one that the repository names, or its sibling for the same weights and the task asked for; never another model."""
import contextlib
import inspect
import io
import json
import os
import tempfile
import warnings

from . import faults

AUTO = {"text2img": "AutoPipelineForText2Image", "image2img": "AutoPipelineForImage2Image"}

# Formats that a caller may send; the others of Pillow's are seldom wanted and seldom tested.
PICTURE_FORMATS = ("PNG", "JPEG", "WEBP")


class PictureModel:
    def __init__(self, order):
        self._task = order["task"]
        self._pipe = load(order)
        call = inspect.signature(type(self._pipe).__call__).parameters
        self._takes = {name for name in call if name not in ("self", "args", "kwargs")}
        self._defaults = {
            name: call[name].default
            for name in ("num_inference_steps", "guidance_scale", "strength", "num_frames", "width", "height")
            if name in call and isinstance(call[name].default, (int, float))
        }
        self._pipe.set_progress_bar_config(disable=True)

    def traits(self):
        return {"pipeline": type(self._pipe).__name__, "takes": sorted(self._takes), "defaults": self._defaults}

    def run(self, order, payload, run):
        import torch

        arguments = dict(order["arguments"])
        if self._task == "image2img":
            picture = open_picture(payload, (arguments.pop("width", None), arguments.pop("height", None)), order["max_pixels"], order["max_made"])
            # Pipelines that take a size have one of their own, to which they would bring the picture.
            arguments.update({name: side for name, side in zip(("width", "height"), picture.size) if name in self._takes}, image=picture)
        flagged = []
        for number in range(order["images"]):
            seed = order["seed"] + number
            # On the processor: the same seed gives the same noise on every GPU.
            generator = torch.Generator("cpu").manual_seed(seed)
            output = self._call(**arguments, generator=generator, output_type="pil", **self._watch(run, arguments, number, order["images"]))
            run.check()
            if self._task == "text2video":
                self._tell_film(output, order["fps"], seed, run)
            else:
                picture = output.images[0].convert("RGB")
                run.made(picture.tobytes(), kind="pixels", width=picture.size[0], height=picture.size[1], seed=seed)
            flagged += getattr(output, "nsfw_content_detected", None) or []
        return {"flagged": [bool(one) for one in flagged]} if any(flagged) else {}

    def _call(self, **arguments):
        try:
            with warnings.catch_warnings():
                warnings.filterwarnings("error", faults.NOT_A_NUMBER, RuntimeWarning)
                return self._pipe(**arguments)
        except Exception:
            # Where parts wait in main memory, an end amid a run leaves the one in work on the GPU, where the next run's would have to find room beside it.
            with contextlib.suppress(AttributeError, RuntimeError):
                self._pipe.maybe_free_model_hooks()
            raise

    def _watch(self, run, arguments, number, images):
        """The hook by which a pipeline tells of its steps. One without any cannot be ended from within; the worker then ends this process."""

        def tell(step):
            of = getattr(self._pipe, "num_timesteps", None) or arguments.get("num_inference_steps") or self._defaults.get("num_inference_steps", 1)
            run.step(number * of + min(step + 1, of), of * images)

        def at_step_end(pipe, step, timestep, tensors):
            tell(step)
            return tensors

        if "callback_on_step_end" in self._takes:
            return {"callback_on_step_end": at_step_end}
        if "callback" in self._takes and "callback_steps" in self._takes:
            return {"callback": lambda step, timestep, latents: tell(step), "callback_steps": 1}
        return {}

    def _tell_film(self, output, fps, seed, run):
        from diffusers.utils import export_to_video

        frames = output.frames[0]
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "film.mp4")
            export_to_video(frames, path, fps=fps)
            with open(path, "rb") as film:
                content = film.read()
        run.made(content, kind="film", width=frames[0].size[0], height=frames[0].size[1], frames=len(frames), seed=seed)


def load(order):
    import diffusers
    import torch

    folder, task = order["folder"], order["task"]
    with open(os.path.join(folder, "model_index.json"), encoding="utf-8") as index:
        name = json.load(index)["_class_name"]
    if not isinstance(name, str):
        raise faults.Refusal("model_unusable", "Its model_index.json names a pipeline in the repository's own code, which is never run.")
    own = getattr(diffusers, name, None)
    if own is None:
        raise faults.Refusal("model_unusable", f"diffusers {diffusers.__version__} has no {name}, which its model_index.json names.")
    loader = own if task == "text2video" else getattr(diffusers, AUTO[task])
    if task == "text2video":
        refuse_unless_film(own, name)
    arguments = {
        "torch_dtype": getattr(torch, order["dtype"]),
        "use_safetensors": True,
        "local_files_only": True,
    }
    if order["variant"]:
        arguments["variant"] = order["variant"]
    if order["without"]:
        arguments.update({part: None for part in order["without"]}, requires_safety_checker=False)
    try:
        pipe = loader.from_pretrained(folder, **arguments)
    except ValueError as fault:
        if "AutoPipeline can't find a pipeline linked to" in str(fault):
            raise faults.Refusal("model_unusable", f"{name} has no pipeline for the task {task} in diffusers {diffusers.__version__}.") from fault
        raise
    place(pipe, order)
    return pipe


def refuse_unless_film(own, name):
    parameters = inspect.signature(own.__call__).parameters
    needs = [p.name for p in parameters.values() if p.default is p.empty and p.kind is p.POSITIONAL_OR_KEYWORD and p.name not in ("self", "prompt")]
    if "prompt" not in parameters or "num_frames" not in parameters or needs:
        raise faults.Refusal("model_unusable", f"{name} makes no films from text alone{': it needs ' + ', '.join(needs) if needs else ''}.")


def place(pipe, order):
    if order["offload"] == "model":
        pipe.enable_model_cpu_offload()
    elif order["offload"] == "sequential":
        pipe.enable_sequential_cpu_offload()
    else:
        pipe.to(order["device"])
    if order["device"] != "cpu" and (order["offload"] != "none" or order["task"] == "text2video"):
        # Decoding is what still takes much at once where memory is short, and for films more than all else. Pipelines of films have it at their decoder only.
        for saving in ("slicing", "tiling"):
            for owner, name in ((pipe, f"enable_vae_{saving}"), (getattr(pipe, "vae", None), f"enable_{saving}")):
                if hasattr(owner, name) and not is_spoilt_by_tiles(owner):
                    getattr(owner, name)()
                    break


def is_spoilt_by_tiles(decoder):
    """Wan 2.2's, whose pixels come in patches; that of 2.1 has the same class and none. https://github.com/huggingface/diffusers/issues/12529"""
    return type(decoder).__name__ == "AutoencoderKLWan" and getattr(getattr(decoder, "config", None), "patch_size", None) is not None


def open_picture(payload, size, max_pixels, max_made):
    from PIL import Image, ImageOps

    try:
        picture = Image.open(io.BytesIO(payload), formats=PICTURE_FORMATS)
        width, height = picture.size
        if width * height > max_pixels:
            raise faults.Refusal("invalid_input", f"'image' must have at most {max_pixels} pixels; it has {width} × {height}.")
        # Cameras leave it to the reader to turn a picture upright.
        picture = ImageOps.exif_transpose(picture).convert("RGB")
        width, height = picture.size
    except faults.Refusal:
        raise
    except Exception as fault:  # Pillow throws many kinds at broken files
        raise faults.Refusal("invalid_input", f"'image' must be a PNG, JPEG or WebP picture; it cannot be read ({type(fault).__name__}).") from fault
    size = (size[0] or width - width % 8, size[1] or height - height % 8)
    if min(size) < 8:
        raise faults.Refusal("invalid_input", f"'image' must be at least 8 pixels wide and high; it has {width} × {height}.")
    if size[0] * size[1] > max_made:
        raise faults.Refusal("invalid_input", f"'image' would make a picture of {size[0]} × {size[1]}; at most {max_made} pixels are made. Give 'width' and 'height'.")
    return picture if picture.size == size else picture.resize(size)
