"""The least a Python worker does before its first take: import what runpod-python takes from the standard library (and requests, where it is installed), ask for a job. It
loads no model and no SDK, so it is a floor for workers in Python and no worker."""
import asyncio
import concurrent.futures
import http.client
import json
import logging
import multiprocessing
import os
import ssl
import typing
import urllib.parse

try:
    import requests
except ImportError:
    requests = None

url = urllib.parse.urlsplit(os.environ["RUNPOD_WEBHOOK_GET_JOB"].replace("$ID", os.environ["RUNPOD_POD_ID"]) + "&job_in_progress=0")
connection = http.client.HTTPConnection(url.netloc)
connection.request("GET", f"{url.path}?{url.query}", headers={"Authorization": os.environ["RUNPOD_AI_API_KEY"]})
connection.getresponse().read()
