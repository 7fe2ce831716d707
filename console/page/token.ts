const NAME = "flagbridge-console-token";

/**
 * Takes the token out of the address that opened the page, before anybody sees it there, and keeps it for this tab and its reloads. Other
 * ports of the same host have other storage.
 */
export function takeToken(): void {
  const address = new URL(location.href);
  const given = address.searchParams.get("token");
  if (given === null) return;
  sessionStorage.setItem(NAME, given);
  address.searchParams.delete("token");
  history.replaceState(null, "", address);
}

export function token(): string {
  return sessionStorage.getItem(NAME) ?? "";
}
