/** Whether the system lets this page show notices: `missing` where the browser knows none. */
export function permission(): NotificationPermission | "missing" {
  return "Notification" in window ? Notification.permission : "missing";
}
