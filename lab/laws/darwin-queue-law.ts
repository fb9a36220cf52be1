/** The formula, as it is printed beside every number that it predicts. */
export const DARWIN_QUEUE_LAW = 'backlog, or somaxconn where that is smaller or backlog is not above 0';
