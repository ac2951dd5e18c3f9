"""What the stand-ins share: a journal of the calls they got, and weights that are really read."""
import hashlib
import json
import os
import struct


def note(call, **what):
    path = os.environ.get("STANDIN_JOURNAL")
    if path:
        with open(path, "a", encoding="utf-8") as journal:
            journal.write(json.dumps({"call": call, **what}, default=str) + "\n")


def weights(folder, stem, variant):
    """A digest of one component's tensors; OSError as the libraries throw it where the file that they would open is not there."""
    names = [f"{stem}.{variant}.safetensors", f"{stem}.safetensors"] if variant else [f"{stem}.safetensors"]
    lists = [f"{stem}.safetensors.index.{variant}.json"] if variant else []
    for name in names:
        if os.path.isfile(os.path.join(folder, name)):
            return digest([os.path.join(folder, name)])
    for name in [*lists, f"{stem}.safetensors.index.json"]:
        path = os.path.join(folder, name)
        if os.path.isfile(path):
            with open(path, encoding="utf-8") as index:
                shards = sorted(set(json.load(index)["weight_map"].values()))
            return digest([os.path.join(folder, shard) for shard in shards])
    raise OSError(f"Error no file named {names[0]} found in directory {folder}.")


def digest(paths):
    sha = hashlib.sha256()
    for path in paths:
        note("read", file=os.path.relpath(path, os.path.join(os.path.dirname(path), "..")))
        with open(path, "rb") as file:
            (length,) = struct.unpack("<Q", file.read(8))
            header = json.loads(file.read(length))
            data = file.read()
        for name in sorted(header):
            if name != "__metadata__":
                begin, end = header[name]["data_offsets"]
                sha.update(data[begin:end])
    return sha.digest()
