/** Why a stack has one gateway. */
export const ONE_GATEWAY = 'the observer of a stack looks on from the namespaces of its one gateway';
