"""The folder that a drawn call is made in: what it reads, finds in its way, and may replace."""

import os
import pickle
from pathlib import Path

import numpy as np

SUFFIXES = (".npz", ".json", ".jsonl", ".svg", ".html", ".txt", ".py")
# An input has the shape that its name says, or none that would do.
RIGHT_INPUTS = ("2-3-4.npy", "1-1-1.npy", "./2-3-4.npy", "nan 1-3-4.npy", "double 2-5-1.npy")
INPUTS = (
    *(*RIGHT_INPUTS, "link 2-3-4.npy", "ü 1-2-3.npy", "whole 1-2-2.npy"),
    *("2-3.npy", "empty.npy", "text.npy", "objects.npy", "complex.npy", "cut.npy", "archive.npz"),
    *("none.npy", "0-3-4.npy", "old.txt", "folder", "", ".", "pipe.svg", "loop.txt", "x\0y", "-n"),
)
TARGETS = (
    *("old.txt", "old.json", "old.py", "folder", "folder.svg", "folder/a.html", "./a.svg"),
    *("folder/../a.txt", "none/a.txt", "old.txt/a.txt", "link.txt", "dangling.html", "loop.txt"),
    *("pipe.svg", "a", "a.png", "A.SVG", "a.Npz", ".svg", "", ".", "..", "a.svg.", "a b.txt"),
    *(
        "ü.json",
        "\u202e.html",
        "new\nline.txt",
        "-n.txt",
        f"{'a' * 300}.txt",
        "\x1b.svg",
        "a.json/",
    ),
    *("x\0y.txt", "'.jsonl", "$HOME.txt", "\udcff.txt"),
)


def prepare(folder: Path) -> None:
    """Make the files that calls read, find in their way, or may replace."""
    for name in ("2-3-4", "1-1-1", "ü 1-2-3", "0-3-4", "2-3", "whole 1-2-2", "double 2-5-1"):
        shape = [int(size) for size in name.split()[-1].split("-")]
        kind = {"whole": np.int64, "double": np.float64}.get(name.split()[0], np.float32)
        np.save(folder / f"{name}.npy", (np.arange(np.prod(shape)) - 2).reshape(shape).astype(kind))
    np.save(folder / "nan 1-3-4.npy", np.full((1, 3, 4), [np.nan, 1e38, -np.inf, 0], np.float32))
    np.save(folder / "complex.npy", np.zeros((1, 2, 3), complex))
    np.savez(folder / "archive.npz", x=np.zeros((1, 2, 3)))
    (folder / "objects.npy").write_bytes(pickle.dumps([1, 2]))
    (folder / "cut.npy").write_bytes((folder / "2-3-4.npy").read_bytes()[:-4])
    (folder / "empty.npy").touch()
    for name in ("text.npy", "old.txt", "old.json", "old.py"):
        (folder / name).write_text("old")
    for name in ("folder", "folder.svg"):
        (folder / name).mkdir()
    links = {"link.txt": "old.txt", "dangling.html": "a.html", "loop.txt": "loop.txt"}
    for name, target in {**links, "link 2-3-4.npy": "2-3-4.npy"}.items():
        (folder / name).symlink_to(target)
    os.mkfifo(folder / "pipe.svg")
