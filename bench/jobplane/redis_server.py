"""The same flow on FastAPI and Redis: a job is a hash, the queue a list, a take moves it to a second list, the result goes into the hash.

No leases, timeouts, priorities, limits, tenants or retries: it does less than the job plane it is compared with.
"""

import json
import os
import uuid

import redis.asyncio as redis
from fastapi import FastAPI, Request, Response

HOLD_SECONDS = 25
app = FastAPI()
store = redis.Redis(host="127.0.0.1", port=int(os.environ["REDIS_PORT"]), max_connections=256)


def answer(body):
    return Response(json.dumps(body), media_type="application/json")


@app.post("/v2/{deployment}/run")
async def run(deployment: str, request: Request):
    body = await request.json()
    job = str(uuid.uuid4())
    async with store.pipeline(transaction=True) as pipe:
        pipe.hset(f"job:{job}", mapping={"status": "IN_QUEUE", "input": json.dumps(body["input"])})
        pipe.lpush(f"queue:{deployment}", job)
        await pipe.execute()
    return answer({"id": job, "status": "IN_QUEUE"})


@app.get("/v2/{deployment}/job-take/{worker}")
async def take(deployment: str, worker: str):
    job = await store.brpoplpush(f"queue:{deployment}", f"running:{deployment}", timeout=HOLD_SECONDS)
    if job is None:
        return Response(status_code=204)
    key = f"job:{job.decode()}"
    async with store.pipeline(transaction=True) as pipe:
        pipe.hset(key, mapping={"status": "IN_PROGRESS", "worker": worker})
        pipe.hget(key, "input")
        _, job_input = await pipe.execute()
    return answer({"id": job.decode(), "input": json.loads(job_input)})


@app.post("/v2/{deployment}/job-done/{worker}/{job}")
async def done(deployment: str, worker: str, job: str, request: Request):
    body = await request.body()
    async with store.pipeline(transaction=True) as pipe:
        pipe.hset(f"job:{job}", mapping={"status": "COMPLETED", "output": body})
        pipe.lrem(f"running:{deployment}", 1, job)
        await pipe.execute()
    return answer({"status": "ok"})


@app.get("/v2/{deployment}/status/{job}")
async def status(deployment: str, job: str):
    found = await store.hget(f"job:{job}", "status")
    return answer({"id": job, "status": found.decode()}) if found else Response(status_code=404)
