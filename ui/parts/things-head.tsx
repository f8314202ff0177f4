interface ThingsHeadProps {
  /** Words of the columns; `#` before one: it has numbers. One for what can be done follows. */
  readonly columns: readonly string[]
}

/** The head of a table of things that something can be done with. */
export function ThingsHead({ columns }: ThingsHeadProps) {
  return (
    <thead>
      <tr>
        {columns.map((word) =>
          word.startsWith('#') ? (
            <th key={word} class="num">
              {word.slice(1)}
            </th>
          ) : (
            <th key={word}>{word}</th>
          ),
        )}
        <th>
          <span class="sr">Actions</span>
        </th>
      </tr>
    </thead>
  )
}
