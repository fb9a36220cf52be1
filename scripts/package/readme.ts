/** The README of the package, of a page of docs/: its links lead nowhere there, so their texts alone are left. */
export function readmeOf(page: string): string {
  return page.replace(/<!--[\s\S]*?-->\n/g, '').replace(/\[([^\]]+)\]\((?!https?:)[^)]+\)/g, '$1');
}
