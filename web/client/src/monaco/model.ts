/** The part of Monaco that is used; `monaco.editor.ITextModel` fits. */

/** A place, from 1. */
export interface MonacoPosition {
  readonly lineNumber: number;
  readonly column: number;
}

/** A range, from 1. */
export interface MonacoRange {
  readonly startLineNumber: number;
  readonly startColumn: number;
  readonly endLineNumber: number;
  readonly endColumn: number;
}

/** A range that was replaced; its offsets are of the text before the event. */
export interface MonacoChange {
  readonly rangeOffset: number;
  readonly rangeLength: number;
  readonly text: string;
}

/** What a model says when its text was changed. */
export interface MonacoContentEvent {
  readonly changes: readonly MonacoChange[];
}

/** An edit of a model. */
export interface MonacoEdit {
  readonly range: MonacoRange;
  readonly text: string;
  readonly forceMoveMarkers?: boolean;
}

/** A text in Monaco. */
export interface MonacoModel {
  /** The text; `eol` 1 asks for LF. */
  getValue(eol?: number): string;
  /** Its length; `eol` 1 counts LF. */
  getValueLength(eol?: number): number;
  getEOL(): string;
  /** 0 is LF. */
  setEOL(eol: number): void;
  getPositionAt(offset: number): MonacoPosition;
  getOffsetAt(position: MonacoPosition): number;
  /** Edits without a step of undo. */
  applyEdits(edits: MonacoEdit[]): unknown;
  onDidChangeContent(listener: (event: MonacoContentEvent) => void): { dispose(): void };
}
