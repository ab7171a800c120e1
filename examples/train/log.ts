// What a run says: JSON lines for programs, a bar on a terminal, plain lines elsewhere.
import fs from 'node:fs';
import { SingleBar } from 'cli-progress';

type Row = { step: number } & Record<string, number>;

/** One JSON object a line. What a killed run wrote after its last checkpoint is dropped, since it comes again. */
export class Metrics {
  constructor(
    readonly file: string,
    step: number,
  ) {
    const text = fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : '';
    const lines = text.split('\n').slice(0, -1); // the last is empty, or was cut
    const kept = lines.filter((line) => (JSON.parse(line) as Row).step <= step);
    fs.writeFileSync(`${file}.new`, kept.map((line) => `${line}\n`).join(''));
    fs.renameSync(`${file}.new`, file);
  }

  write(row: Row): void {
    fs.appendFileSync(this.file, `${JSON.stringify(row)}\n`);
  }
}

/** How far an epoch is. */
export class Progress {
  #bar: SingleBar | null = null;

  constructor(
    readonly every: number,
    readonly stream: NodeJS.WriteStream = process.stderr,
  ) {}

  start(epoch: number, total: number, done: number): void {
    if (!this.stream.isTTY) return;
    const format = `epoch ${epoch} {bar} {value}/{total}  {text}`;
    this.#bar = new SingleBar({ format, stream: this.stream, clearOnComplete: true, fps: 10 });
    this.#bar.start(total, done, { text: '' });
  }

  /** After a step: moves the bar, or prints every so many steps. */
  update(done: number, { step, ...values }: Row): void {
    const text = Object.entries(values).map(([name, value]) => `${name} ${value.toPrecision(4)}`);
    if (this.#bar) this.#bar.update(done, { text: text.join('  ') });
    else if (step % this.every === 0) console.log(`step ${step}  ${text.join('  ')}`);
  }

  stop(): void {
    this.#bar?.stop();
    this.#bar = null;
  }
}
