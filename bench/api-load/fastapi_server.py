"""The named alternative: the same POST, one row in SQLite, durable before the 202. It starts nothing."""

import json
import os
import secrets
import sqlite3
import time

from fastapi import FastAPI
from fastapi.responses import JSONResponse
from pydantic import BaseModel

app = FastAPI()
database = sqlite3.connect(os.environ.get("BENCH_DATABASE", ":memory:"), check_same_thread=False, isolation_level=None)
database.execute("pragma journal_mode = wal")
database.execute("pragma synchronous = full")
database.execute("create table if not exists deployments (id text primary key, status text, spec text, created_at integer)")


class Workers(BaseModel):
    min: int = 0
    max: int = 1


class Deployment(BaseModel):
    hf_model_id: str
    gpu_tier: str
    workers: Workers


@app.get("/health")
async def health():
    return {"status": "ok"}


@app.post("/v1/deployments")
async def create(deployment: Deployment):
    name, now = "dep_" + secrets.token_hex(8), int(time.time() * 1000)
    database.execute("insert into deployments values (?, 'accepted', ?, ?)", (name, json.dumps(deployment.dict()), now))
    return JSONResponse({"deployment_id": name, "status": "accepted", "created_at": now}, status_code=202)
