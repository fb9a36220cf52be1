import { concludeLife } from '../life.ts';
import { faultsOf, logCommands } from '../log.ts';
import { type Command, pointsAt, type Step } from '../step.ts';
import { queuesOf } from './backlog.ts';
import { listing, livesOf, stateCommand } from './lives.ts';

const REPORTS: Command = {
  line: 'ls -t "$HOME/Library/Logs/DiagnosticReports" | head -n 5',
  columns: ['newest first: a file with the name of the server is the report of its crash'],
};

/** 4: has the server died, stopped, hung, or been too busy? */
export const processStep: Step = {
  step: 'time-out or panic',
  cause: 'app-timeout-or-panic',
  question: 'has the server died, stopped, hung, or been too busy?',
  commands: (subject) => [
    ...(subject.server ? [listing(subject.server.pid), stateCommand(subject.server.pid)] : []),
    REPORTS,
    ...logCommands(subject),
  ],
  conclude(subject, looks) {
    const reports = looks.map(({ said }) => said.get(REPORTS.line)?.out.split('\n')[0]);
    const { server } = subject;
    const crash = reports.at(-1);
    if (server && crash && crash !== reports[0] && crash.startsWith(server.name))
      return pointsAt(`points at a crash: ${crash} was written meanwhile`);
    const lives = subject.server ? livesOf(looks, subject.server.pid) : [];
    const waiting = queuesOf(looks, subject).map(({ qlen, incqlen }) => qlen - incqlen);
    return concludeLife(subject, looks, lives, { waiting, faults: faultsOf(subject, looks) });
  },
};
