import { count } from '../../common/format.ts';
import {
  byClaims,
  type Cause,
  contributing,
  type Facts,
  type Item,
  item,
  type Judgement,
  uncounted,
  undecided,
} from './shared/cause.ts';

/** A table this near its limit may have been full between two samples. If higher, an instant is missed. If lower, a busy machine is accused. */
const NEARLY = 0.99;

export const fileTableFull: Cause = {
  id: 'file-table-full',
  title: 'the machine may open no more files (fs.file-max): accept(2) fails with ENFILE in every process',
  toldBy: 'kernel',
  looksLike: 'file-nr at file-max, and accept(2) that fails with ENFILE',
  claims: () => false,
  judge,
  signs: (facts) => uncounted(judge(facts)),
};

function judge({ tables: { files, enfile = 0 }, gap }: Facts): Judgement {
  if (gap) return undecided([unseen]);
  if (files === undefined && enfile === 0) return byClaims(0, [unseen]);
  const items: Item[] = [];
  if (files)
    items.push(
      item(
        'open files',
        'file-nr',
        null,
        files.peak,
        `at most ${files.peak} of ${files.max} files open on this machine`,
        files.max,
      ),
    );
  if (enfile > 0)
    items.push(
      item(
        'trace of accept',
        'accept(2): ENFILE',
        0,
        enfile,
        `${count(enfile, 'accept')} of the server failed with ENFILE: the machine has no file left, whatever nofile is`,
      ),
    );
  const full = files !== undefined && files.peak >= NEARLY * files.max;
  return full || enfile > 0 ? contributing(items) : byClaims(0, items);
}

const unseen = item(
  'open files',
  'file-nr',
  null,
  null,
  'accept(2) is not known to have failed for want of files',
);
