import type { Field } from '../../diagnose/healthy/field.ts';
import { command, gunicorn, program } from '../our-programs.ts';
import { PORT, type Situation, situations } from '../situation.ts';
import { type Account, madeFor } from '../users.ts';

const uploads = (stage: Situation['stage']): Situation => ({
  users: 'their own',
  stage,
  async meanwhile(field: Field) {
    const account = JSON.parse(await field.visit(program('upload.py'), PORT, { TIMES: 60 })) as Account;
    madeFor(account, 20, 'ConnectionResetError', 'BrokenPipeError');
  },
  truth: { named: [['close-unread']] },
});

situations(
  'an answer before the upload was read',
  { programs: ['gunicorn'], root: 'the reason of an RST is told to root' },
  {
    gunicorn: uploads((field) => field.serve(gunicorn(`0.0.0.0:${PORT}`, 'early:app', '-w', '2'), PORT)),
    Node: uploads((field) => field.serve(command('early.ts'), PORT)),
  },
);
