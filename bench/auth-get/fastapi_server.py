"""The named alternative: one deployment's row by its id and its tenant, whose key is looked up by its SHA-256. Both from SQLite, per request."""

import hashlib
import os
import secrets
import sqlite3
import time

from fastapi import FastAPI, Header, HTTPException
from fastapi.responses import JSONResponse

app = FastAPI()
database = sqlite3.connect(os.environ["BENCH_DATABASE"], check_same_thread=False, isolation_level=None)
database.execute("pragma journal_mode = wal")
database.execute("create table if not exists keys (digest blob primary key, tenant text)")
database.execute("create table if not exists deployments (id text primary key, tenant text, status text, model text, created_at integer)")
database.execute("insert or ignore into keys values (?, 'bench')", (hashlib.sha256(os.environ["BENCH_KEY"].encode()).digest(),))


def tenant_of(authorization):
    if not authorization or not authorization.startswith("Bearer "):
        raise HTTPException(401)
    row = database.execute("select tenant from keys where digest = ?", (hashlib.sha256(authorization[7:].encode()).digest(),)).fetchone()
    if row is None:
        raise HTTPException(401)
    return row[0]


@app.get("/health")
async def health():
    return {"status": "ok"}


@app.post("/v1/deployments")
async def create(authorization: str = Header(None)):
    name = "dep_" + secrets.token_hex(13)
    database.execute("insert into deployments values (?, ?, 'accepted_cold', 'bench/model', ?)", (name, tenant_of(authorization), int(time.time())))
    return JSONResponse({"deployment_id": name}, status_code=202)


@app.get("/v1/deployments/{name}")
async def get(name: str, authorization: str = Header(None)):
    tenant = tenant_of(authorization)
    row = database.execute("select id, status, model, created_at from deployments where id = ? and tenant = ?", (name, tenant)).fetchone()
    if row is None:
        raise HTTPException(404)
    return JSONResponse({"deployment_id": row[0], "status": row[1], "model_id": row[2], "created_at": row[3]})
