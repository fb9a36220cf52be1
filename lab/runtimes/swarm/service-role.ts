/** The two services of a stack. */
export const SERVICES = ['gateway', 'robots'] as const;
export type ServiceRole = (typeof SERVICES)[number];
