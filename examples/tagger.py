"""Trains a bidirectional LSTM tagger on a few sentences and saves it with its words: tagger.ts reads the file.

Needs `pip install torch`, of the version that package.json names:

    python examples/tagger.py [--seed 5] [--steps 60] [--out examples/out]
"""

import argparse
import hashlib
import os

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

TEXT = """
the/DET old/ADJ cat/NOUN sleeps/VERB
a/DET dog/NOUN barks/VERB loudly/ADV
she/PRON reads/VERB the/DET long/ADJ book/NOUN
they/PRON walk/VERB slowly/ADV
the/DET walk/NOUN ends/VERB here/ADV
he/PRON often/ADV walks/VERB a/DET big/ADJ dog/NOUN
a/DET book/NOUN sleeps/VERB
"""
SENTENCES = ["the big cat walks", "she often reads a book", "they sleep here", "a long walk"]


class Tagger(nn.Module):
    def __init__(self, words, tags, width=32, hidden=48):
        super().__init__()
        self.embedding = nn.Embedding(words, width, padding_idx=0)
        self.lstm = nn.LSTM(width, hidden, num_layers=2, batch_first=True, dropout=0.1, bidirectional=True)
        self.fc = nn.Linear(2 * hidden, tags)

    def forward(self, words, lengths):  # (N, T), (N,)
        x = self.embedding(words)  # (N, T, width)
        packed = pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
        output, _ = self.lstm(packed)
        output, _ = pad_packed_sequence(output, batch_first=True)  # (N, T, 2 hidden)
        return self.fc(output)  # (N, T, tags)


def encode(sentences, words):
    """Numbers of words, padded with 0, and the lengths; 1 is for words that are not known."""
    numbers = [torch.tensor([words.get(word, 1) for word in sentence]) for sentence in sentences]
    lengths = torch.tensor([len(sentence) for sentence in numbers])
    return nn.utils.rnn.pad_sequence(numbers, batch_first=True), lengths


def made(seed, steps, **sizes):
    torch.manual_seed(seed)
    pairs = [[token.split("/") for token in line.split()] for line in TEXT.strip().splitlines()]
    words = {"<pad>": 0, "<unknown>": 1}
    tags = {}
    for word, tag in (pair for line in pairs for pair in line):
        words.setdefault(word, len(words))
        tags.setdefault(tag, len(tags))
    model = Tagger(len(words), len(tags), **sizes)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    x, lengths = encode([[word for word, _ in line] for line in pairs], words)
    y = nn.utils.rnn.pad_sequence(
        [torch.tensor([tags[tag] for _, tag in line]) for line in pairs], batch_first=True, padding_value=-100
    )
    for _ in range(steps):
        optimizer.zero_grad()
        F.cross_entropy(model(x, lengths).transpose(1, 2), y).backward()
        optimizer.step()
    return model.eval(), words, list(tags)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--out", default=os.path.join(os.path.dirname(os.path.abspath(__file__)), "out"))
    options = parser.parse_args()

    model, words, tags = made(options.seed, options.steps)
    os.makedirs(options.out, exist_ok=True)
    checkpoint = {"model": model.state_dict(), "words": words, "tags": tags}
    torch.save(checkpoint, os.path.join(options.out, "tagger.pt"))
    with torch.inference_mode():
        logits = model(*encode([sentence.split() for sentence in SENTENCES], words))
    digest = hashlib.sha256(logits.numpy().tobytes()).hexdigest()
    print(f"logits: {list(logits.shape)} sha256 {digest}")
    for sentence, best in zip(SENTENCES, logits.argmax(-1).tolist()):
        print(" ".join(f"{word}/{tags[tag]}" for word, tag in zip(sentence.split(), best)))
