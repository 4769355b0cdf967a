/**
 * Runs an insert whose parent row may vanish meanwhile: an account is deleted while another request of it still runs.
 * @returns false when the parent is gone; every other error is thrown on
 */
export async function insertedUnderParent(insert: () => Promise<unknown>): Promise<boolean> {
  try {
    await insert();
    return true;
  } catch (error) {
    if ((error as { code?: unknown }).code === 'SQLITE_CONSTRAINT_FOREIGNKEY') return false;
    throw error;
  }
}
