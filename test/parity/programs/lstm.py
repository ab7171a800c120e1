"""A language model with two LSTM layers, trained on consecutive windows with its state carried on; Adagrad."""

import torch
import torch.nn.functional as F
from report import report
from torch import nn, optim

VOCABULARY, WIDTH, BATCH, LENGTH = 19, 24, 6, 12


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(VOCABULARY, WIDTH)
        self.lstm = nn.LSTM(WIDTH, 32, num_layers=2, dropout=0.2, batch_first=True)
        self.head = nn.Linear(32, VOCABULARY)

    def forward(self, tokens, state):
        output, state = self.lstm(self.embedding(tokens), state)
        return self.head(output), state


torch.manual_seed(8)
text = (torch.arange(6 * 240) * 5 % 17 + torch.randint(0, 3, (6 * 240,))).view(BATCH, 240)
model = Model()
report("initial", model.state_dict())
optimizer = optim.Adagrad(model.parameters(), lr=0.05, lr_decay=1e-3, weight_decay=1e-4)
scheduler = optim.lr_scheduler.ReduceLROnPlateau(optimizer, factor=0.5, patience=1)
step = 0
for epoch in range(6):
    state, losses = None, 0.0
    for start in range(0, 240 - LENGTH, LENGTH):
        window = text[:, start : start + LENGTH + 1]
        optimizer.zero_grad()
        logits, state = model(window[:, :-1], state)
        loss = F.cross_entropy(logits.flatten(0, 1), window[:, 1:].flatten())
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 0.5)
        optimizer.step()
        state = tuple(each.detach() for each in state)
        losses += loss.item()
        report(f"loss.{step}", loss.item())
        step += 1
    scheduler.step(losses)
    report(f"lr.{epoch}", scheduler.get_last_lr()[0])
report("trained", model.state_dict())
report("state", state)
report("optimizer", optimizer.state_dict()["state"])
report("rng", torch.get_rng_state())
