/** What a test that needs an optional part says in its title where the part is missing, so that
 *  `scripts/report-tests.ts` takes it for told and not for forgotten.
 *  @param reason what is missing and how to get it; true or '' where nothing is */
export const without = (part: string, reason: true | string): string =>
  reason === true || reason === '' ? '' : ` (skipped without ${part}: ${reason})`
