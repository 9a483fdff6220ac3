/** How weights are laid out: in panels, each with all values of some columns. */

/** Columns of a panel, and of a tile: two vectors. More would need more registers, fewer more loads. */
export const PANEL = 8;
export const PANEL_BYTES = 4 * PANEL;
