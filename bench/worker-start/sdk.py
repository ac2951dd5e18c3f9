"""A worker of runpod-python with a handler that does nothing, as its quick start has it; it loads no model."""
import runpod

runpod.serverless.start({"handler": lambda job: job["input"]})
