// The checkpoints of a run: a folder of step-000120.pt, and step-000180.score-0.9639.pt where the model was validated. All
// that is known of a checkpoint is in its name, so there is no list beside them that a killed run could leave wrong.
import fs from 'node:fs';
import path from 'node:path';
import torch from 'nodetorch';

export interface Checkpoint {
  file: string;
  step: number;
  /** What validation gave, the higher the better; null where there was none. */
  score: number | null;
}

const NAME = /^step-(\d+)(?:\.score-(.+))?\.pt$/;

export class Checkpoints {
  /** Keeps the last `keep` in the folder, and the best. */
  constructor(
    readonly folder: string,
    readonly keep: number,
  ) {
    fs.mkdirSync(folder, { recursive: true });
  }

  /** What is there, from the first step to the last. */
  list(): Checkpoint[] {
    const found = fs.readdirSync(this.folder).flatMap((name): Checkpoint[] => {
      const [, step, score] = NAME.exec(name) ?? [];
      if (step === undefined) return [];
      return [
        { file: path.join(this.folder, name), step: Number(step), score: score ? Number(score) : null },
      ];
    });
    // Of two at one step the validated one is the later.
    return found.sort((a, b) => a.step - b.step || Number(a.score !== null) - Number(b.score !== null));
  }

  /** The last one, to go on from; null where there is none. */
  latest(): Checkpoint | null {
    return this.list().at(-1) ?? null;
  }

  /** The one with the highest score, and of equals the first. */
  best(): Checkpoint | null {
    const scored = this.list().filter(({ score }) => score !== null);
    return scored.reduce<Checkpoint | null>(
      (best, one) => (best && best.score! >= one.score! ? best : one),
      null,
    );
  }

  /** Writes one more. Whoever is killed meanwhile leaves the others whole: torch.save replaces a file, or does not. */
  save(state: unknown, step: number, score: number | null = null): void {
    const scored = score === null ? '' : `.score-${score}`;
    torch.save(state, path.join(this.folder, `step-${String(step).padStart(6, '0')}${scored}.pt`));
    const kept = [...this.list().slice(-this.keep), this.best()].map((one) => one?.file);
    for (const { file } of this.list()) if (!kept.includes(file)) fs.rmSync(file);
  }
}
