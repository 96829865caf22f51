"""Trainings that go on where they stopped."""

import json
from pathlib import Path

import joblib
import torch
from sklearn.base import clone
from skorch.history import History

__all__ = ["Checkpoint", "ResumableTraining"]

# What a setting of a net is when it reads the same in every process.
_PLAIN = int, float, str, bool, tuple, type, type(None)
# What only changes where and how loudly a net trains.
_FREE = {"device", "verbose"}


class Checkpoint:
    """A file that holds the state of a training after its last whole epoch.

    Parameters
    ----------
    path : path
    net : skorch.NeuralNet
        That a clone of is trained.
    depends_on : object
        All that makes the training another one, beside the settings of the net.
    """

    def __init__(self, path, net, depends_on):
        self.path = Path(path)
        # A net that was fitted has more parameters than one that was not.
        settings = {
            name: repr(value)
            for name, value in clone(net).get_params().items()
            if isinstance(value, _PLAIN) and name not in _FREE
        }
        self.training = joblib.hash((depends_on, settings))

    def load(self):
        """The state that the file holds, None where there is no file.

        Raises
        ------
        ValueError
            For the state of another training.
        """
        if not self.path.exists():
            return None
        state = torch.load(self.path, map_location="cpu", weights_only=True)
        if state["training"] != self.training:
            raise ValueError(
                f"{self.path} belongs to a training with other rows or other "
                "parameters. Remove the file to start anew, or name another."
            )
        return state

    def save(self, state):
        """Replace the file; one who is interrupted while writing keeps the old one."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = self.path.with_name(f"{self.path.name}.unfinished")
        torch.save({"training": self.training, **state}, unfinished)
        unfinished.replace(self.path)


class ResumableTraining:
    """Saves the state of a net after each epoch, and starts from what was saved.

    It takes the place of two methods of the net, which see all that a training does:
    `notify`, which comes before and after each epoch, and `get_iterator`. Modules,
    losses and optimizers have their state as torch has it. So may callbacks and
    batches, in `state_dict` and `load_state_dict`; those without start anew.

    Parameters
    ----------
    net : skorch.NeuralNet
        Not initialized.
    checkpoint : Checkpoint
    """

    def __init__(self, net, checkpoint):
        self.net, self.checkpoint = net, checkpoint
        self.of_net = {name: getattr(net, name) for name in ("notify", "get_iterator")}
        self.state = checkpoint.load()
        self.batches = None

    @property
    def n_epochs(self):
        """Epochs that are left."""
        done = json.loads(self.state["history"]) if self.state else []
        return self.net.max_epochs - len(done)

    def get_iterator(self, dataset, training=False):
        """The batches, of which the first ones are those to learn from."""
        batches = self.of_net["get_iterator"](dataset, training=training)
        if training and self.batches is None:
            self.batches = batches
        return batches

    def notify(self, moment, **kwargs):
        """Call the callbacks, then restore or save."""
        self.of_net["notify"](moment, **kwargs)
        if moment == "on_train_begin" and self.state:
            _restore(self.state["net"], _parts(self.net))
            self.net.history_ = History(json.loads(self.state["history"]))
        elif moment == "on_epoch_begin" and self.state:
            # Batches are made, and callbacks set up, by random numbers of the start.
            _restore(self.state["surroundings"], self._surroundings())
            _set_generators(self.state["generators"], self._gpu)
            self.state = None
        elif moment == "on_epoch_end":
            self.checkpoint.save(
                {
                    "net": _states(_parts(self.net)),
                    "surroundings": _states(self._surroundings()),
                    "generators": _generators(self._gpu),
                    "history": json.dumps(self.net.history.to_list()),
                },
            )

    @property
    def _gpu(self):
        device = torch.device(self.net.device)
        return device if device.type == "cuda" else None

    def _surroundings(self):
        return _with_state({"batches": self.batches, **dict(self.net.callbacks_)})


def _parts(net):
    """The module, the loss, the optimizer, and whatever else a net has of these."""
    return _with_state({k: v for k, v in vars(net).items() if k.endswith("_")})


def _with_state(objects):
    return {k: v for k, v in objects.items() if hasattr(v, "load_state_dict")}


def _states(objects):
    return {name: part.state_dict() for name, part in objects.items()}


def _restore(states, objects):
    for name, state in states.items():
        objects[name].load_state_dict(state)


def _generators(gpu):
    return {
        "cpu": torch.get_rng_state(),
        "cuda": torch.cuda.get_rng_state(gpu) if gpu else None,
    }


def _set_generators(states, gpu):
    torch.set_rng_state(states["cpu"])
    if gpu and states["cuda"] is not None:
        torch.cuda.set_rng_state(states["cuda"], gpu)
