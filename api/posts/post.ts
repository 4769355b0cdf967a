export interface Post {
  id: string;
  author_id: string;
  title: string;
  body: string;
  /** Milliseconds since the Unix epoch. */
  created_at: number;
  updated_at: number;
}

export interface PostPage {
  /** Newest first. */
  items: Post[];
  /** Position after the last item; null at the end. */
  next: number | null;
}

/** Where posts are kept; deleted ones are invisible through it. Rejects when the store fails. */
export interface PostRepository {
  /** @returns false when the author's account is gone */
  add(post: Post): Promise<boolean>;
  byId(id: string): Promise<Post | undefined>;
  /** @param after a position given out by an earlier page; undefined starts with the newest */
  page(limit: number, after: number | undefined): Promise<PostPage>;
  /** @returns false when there is no such post any more */
  update(id: string, change: Pick<Post, 'title' | 'body' | 'updated_at'>): Promise<boolean>;
  /** Hides the post; `purge` forgets it later. @returns false when there is no such post any more */
  remove(id: string, now: number): Promise<boolean>;
  /** Forgets posts deleted before `before`. @returns how many */
  purge(before: number): Promise<number>;
}
