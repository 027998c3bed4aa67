/** Work on many things, a few of them at a time. */

/** @param work  what it throws ends all   @param count  how many at a time
 *  @returns the results in the order of the items; they do not depend on the count */
export async function atOnce<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
  count = 4,
): Promise<Result[]> {
  const results: Result[] = []
  const todo = items.entries()
  const worker = async (): Promise<void> => {
    for (const [index, item] of todo) results[index] = await work(item)
  }
  await Promise.all(Array.from({ length: count }, worker))
  return results
}
