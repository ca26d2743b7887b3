/** pageOf are the items of a page, from 1; a page that there is not is the last. */
export function pageOf<T>(items: T[], page: number, size: number): { items: T[]; page: number; pages: number } {
  const pages = Math.max(1, Math.ceil(items.length / size))
  const at = Math.min(Math.max(1, page), pages)
  return { items: items.slice((at - 1) * size, at * size), page: at, pages }
}
