"""python3 -u -m rouse_runner: obeys one worker until its pipe ends, and then ends at once, whatever it is doing."""
import os
import queue
import shutil
import signal
import sys
import tempfile
import threading

from . import faults, machine
from .pictures import PictureModel
from .pipe import Pipe
from .speech import SpeechModel


class Runner:
    def __init__(self, pipe):
        self._pipe = pipe
        self._orders = queue.Queue()
        self._run = 0  # number of the run in work; each is greater than the one before
        self._cancelled = 0  # number of the last run that is to end
        self._model = None

    def listen(self):
        """In a thread of its own: an end of the pipe and a cancellation are noticed during a run."""
        try:
            while (frame := self._pipe.receive()) is not None:
                if frame[0]["order"] == "cancel":
                    self._cancelled = frame[0]["run"]
                else:
                    self._orders.put(frame)
        finally:
            # No worker, no runner: not even an exit handler of a library may keep the GPU.
            os._exit(0)

    def obey(self):
        while True:
            order, payload = self._orders.get()
            answer, ends = None, False
            try:
                self._do(order, payload)
            except faults.Stopped:
                answer = {"answer": "stopped", "run": self._run}
            except Exception as thrown:  # the top of the loop: whatever a library threw is this order's failure and no more
                code, message = faults.describe(thrown)
                ends = faults.is_beyond_repair(thrown)
                answer = {"answer": "failed", "run": self._run, "code": code, "message": message, "ends": ends}
            if answer is not None:
                payload = None
                if not ends:
                    faults.let_go()  # not while the exception is held: its frames hold what is to be given back
                self._pipe.send(answer)
            if ends:
                os._exit(1)

    def _do(self, order, payload):
        kind = order["order"]
        if kind == "probe":
            self._pipe.send(machine.probe(order["needed"]))
        elif kind == "load":
            self._model = self._open(order)
            self._pipe.send({"answer": "loaded", **self._model.traits()})
        elif kind == "run":
            self._run = order["run"]
            self.check()
            self._pipe.send({"answer": "done", "run": self._run, **self._model.run(order, payload, self)})
        else:
            raise ValueError(f"unknown order {kind}")

    @staticmethod
    def _open(order):
        return (SpeechModel if order["task"] in ("speech2text", "text2speech") else PictureModel)(order)

    # What a model tells during a run.

    def step(self, done, of):
        self._pipe.send({"answer": "step", "run": self._run, "step": done, "steps": of})
        self.check()

    def check(self):
        if self._cancelled >= self._run:
            raise faults.Stopped

    def made(self, payload, **what):
        self._pipe.send({"answer": "made", "run": self._run, **what}, payload)


def main():
    # A terminal's Ctrl-C is meant for the worker, which finishes its job first.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # All of this is in memory now. A worker that is killed takes this process with it before anything could be tidied up.
    os.chdir(tempfile.gettempdir())
    shutil.rmtree(os.environ["RUNNER_FOLDER"], ignore_errors=True)
    runner = Runner(Pipe())
    threading.Thread(target=runner.listen, daemon=True).start()
    runner.obey()


if __name__ == "__main__":
    sys.exit(main())
