"""The Python side of the engine `diffusers`: loads one model and runs it, as the worker says over a pipe.

Standard library only at import; torch, diffusers and transformers are imported when they are first needed, so that a machine without them can say so.
"""
