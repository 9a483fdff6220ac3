;; The inner loops of preprocessing with 128-bit vectors; `kernel-scalar.ts` says the same in
;; TypeScript, and the two are tested against each other. All addresses are in bytes.
;;
;; Weights have 22 fractional bits, and the fast multiplication takes 16: a weight is split into
;; high * 32768 + low. Sums wrap around at 32 bits like Pillow's, so that only the total has to fit.
(module
  (memory (export "memory") 1)

  ;; Whether the alpha of `count` RGBA pixels is 255.
  (func (export "isOpaque") (param $from i32) (param $count i32) (result i32)
    (local $end i32) (local $all v128) (local $rest i32)
    (local.set $all (v128.const i32x4 -1 -1 -1 -1))
    (local.set $rest (i32.const -1))
    (local.set $end (i32.add (local.get $from) (i32.shl (local.get $count) (i32.const 2))))
    (block $whole
      (loop $next
        (br_if $whole (i32.gt_u (i32.add (local.get $from) (i32.const 16)) (local.get $end)))
        (local.set $all (v128.and (local.get $all) (v128.load (local.get $from))))
        (local.set $from (i32.add (local.get $from) (i32.const 16)))
        (br $next)))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $from) (local.get $end)))
        (local.set $rest (i32.and (local.get $rest) (i32.load (local.get $from))))
        (local.set $from (i32.add (local.get $from) (i32.const 4)))
        (br $next)))
    (i32.and
      (i32.eq (i32.shr_u (local.get $rest) (i32.const 24)) (i32.const 255))
      (i32x4.all_true
        (i32x4.eq
          (i32x4.shr_u (local.get $all) (i32.const 24))
          (v128.const i32x4 255 255 255 255)))))

  ;; Mixes four pixels, two in each half, with the background: x / 255 is (x + 1 + x / 256) / 256
  ;; for all x that occur.
  (func $mixed (param $color v128) (param $background v128) (result v128)
    (local $alpha v128) (local $sum v128)
    (local.set $alpha (i8x16.shuffle 6 7 6 7 6 7 6 7 14 15 14 15 14 15 14 15
      (local.get $color) (local.get $color)))
    (local.set $sum
      (i16x8.add
        (i16x8.add
          (i16x8.mul (local.get $color) (local.get $alpha))
          (i16x8.mul (local.get $background)
            (i16x8.sub (v128.const i16x8 255 255 255 255 255 255 255 255) (local.get $alpha))))
        (v128.const i16x8 127 127 127 127 127 127 127 127)))
    (i16x8.shr_u
      (i16x8.add
        (i16x8.add (local.get $sum) (v128.const i16x8 1 1 1 1 1 1 1 1))
        (i16x8.shr_u (local.get $sum) (i32.const 8)))
      (i32.const 8)))

  ;; Puts RGBA pixels over a background (a pixel like them), in place, four at a time.
  (func (export "mix") (param $from i32) (param $count i32) (param $background i32)
    (local $end i32) (local $pixels v128) (local $under v128)
    (local.set $under (i16x8.extend_low_i8x16_u (i32x4.splat (local.get $background))))
    (local.set $end (i32.add (local.get $from) (i32.shl (local.get $count) (i32.const 2))))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $from) (local.get $end)))
        (local.set $pixels (v128.load (local.get $from)))
        (v128.store (local.get $from)
          (i8x16.narrow_i16x8_u
            (call $mixed (i16x8.extend_low_i8x16_u (local.get $pixels)) (local.get $under))
            (call $mixed (i16x8.extend_high_i8x16_u (local.get $pixels)) (local.get $under))))
        (local.set $from (i32.add (local.get $from) (i32.const 16)))
        (br $next))))

  ;; Leaves out the fourth value of pixels, in place, four pixels at a time.
  (func (export "colors") (param $from i32) (param $count i32)
    (local $to i32) (local $end i32) (local $pixels v128)
    (local.set $to (local.get $from))
    (local.set $end (i32.add (local.get $from) (i32.shl (local.get $count) (i32.const 2))))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $from) (local.get $end)))
        (local.set $pixels (v128.load (local.get $from)))
        (v128.store (local.get $to)
          (i8x16.shuffle 0 1 2 4 5 6 8 9 10 12 13 14 3 7 11 15
            (local.get $pixels) (local.get $pixels)))
        (local.set $from (i32.add (local.get $from) (i32.const 16)))
        (local.set $to (i32.add (local.get $to) (i32.const 12)))
        (br $next))))

  ;; The luma of RGBA pixels, four at a time. 38470 needs 17 bits with its sign: green counts twice
  ;; with half of it.
  (func (export "gray") (param $from i32) (param $to i32) (param $count i32)
    (local $end i32) (local $pixels v128) (local $low v128) (local $high v128)
    (local.set $end (i32.add (local.get $to) (local.get $count)))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $to) (local.get $end)))
        (local.set $pixels (v128.load (local.get $from)))
        (local.set $pixels (i8x16.shuffle 0 1 2 1 4 5 6 5 8 9 10 9 12 13 14 13
          (local.get $pixels) (local.get $pixels)))
        (local.set $low (i32x4.dot_i16x8_s
          (i16x8.extend_low_i8x16_u (local.get $pixels))
          (v128.const i16x8 19595 19235 7471 19235 19595 19235 7471 19235)))
        (local.set $high (i32x4.dot_i16x8_s
          (i16x8.extend_high_i8x16_u (local.get $pixels))
          (v128.const i16x8 19595 19235 7471 19235 19595 19235 7471 19235)))
        (local.set $low (i32x4.shr_u
          (i32x4.add
            (i32x4.add
              (i8x16.shuffle 0 1 2 3 8 9 10 11 16 17 18 19 24 25 26 27
                (local.get $low) (local.get $high))
              (i8x16.shuffle 4 5 6 7 12 13 14 15 20 21 22 23 28 29 30 31
                (local.get $low) (local.get $high)))
            (v128.const i32x4 32768 32768 32768 32768))
          (i32.const 16)))
        (local.set $low (i16x8.narrow_i32x4_s (local.get $low) (local.get $low)))
        (v128.store32_lane 0 (local.get $to)
          (i8x16.narrow_i16x8_u (local.get $low) (local.get $low)))
        (local.set $from (i32.add (local.get $from) (i32.const 16)))
        (local.set $to (i32.add (local.get $to) (i32.const 4)))
        (br $next))))

  ;; The horizontal pass over pixels of four values. Per position of the result `spans` holds the
  ;; offset of its first pixel and its number of pixels; `weights` holds `taps` high halves, then
  ;; `taps` low halves of its weights, zeros at the end.
  (func (export "acrossFour")
    (param $line i32) (param $spans i32) (param $count i32) (param $weights i32) (param $taps i32)
    (param $to i32)
    (local $end i32) (local $from i32) (local $weight i32) (local $last i32) (local $half i32)
    (local $pixels v128) (local $odd v128) (local $high v128) (local $low v128)
    (local.set $half (i32.shl (local.get $taps) (i32.const 1)))
    (local.set $end (i32.add (local.get $to) (i32.shl (local.get $count) (i32.const 2))))
    (block $done
      (loop $position
        (br_if $done (i32.ge_u (local.get $to) (local.get $end)))
        (local.set $from (i32.add (local.get $line) (i32.load (local.get $spans))))
        (local.set $last (i32.add (local.get $from)
          (i32.shl (i32.load offset=4 (local.get $spans)) (i32.const 2))))
        (local.set $weight (local.get $weights))
        (local.set $high (v128.const i32x4 0 0 0 0))
        (local.set $low (v128.const i32x4 2097152 2097152 2097152 2097152))
        (block $summed
          (loop $taps4
            (br_if $summed (i32.ge_u (local.get $from) (local.get $last)))
            (local.set $pixels (v128.load (local.get $from)))
            (local.set $pixels (i8x16.shuffle 0 4 1 5 2 6 3 7 8 12 9 13 10 14 11 15
              (local.get $pixels) (local.get $pixels)))
            (local.set $odd (i16x8.extend_high_i8x16_u (local.get $pixels)))
            (local.set $pixels (i16x8.extend_low_i8x16_u (local.get $pixels)))
            (local.set $high (i32x4.add (local.get $high) (i32x4.add
              (i32x4.dot_i16x8_s (local.get $pixels) (v128.load32_splat (local.get $weight)))
              (i32x4.dot_i16x8_s (local.get $odd) (v128.load32_splat offset=4 (local.get $weight))))))
            (local.set $weight (i32.add (local.get $weight) (local.get $half)))
            (local.set $low (i32x4.add (local.get $low) (i32x4.add
              (i32x4.dot_i16x8_s (local.get $pixels) (v128.load32_splat (local.get $weight)))
              (i32x4.dot_i16x8_s (local.get $odd) (v128.load32_splat offset=4 (local.get $weight))))))
            (local.set $weight (i32.add (i32.sub (local.get $weight) (local.get $half)) (i32.const 8)))
            (local.set $from (i32.add (local.get $from) (i32.const 16)))
            (br $taps4)))
        (local.set $low (i32x4.shr_s
          (i32x4.add (i32x4.shl (local.get $high) (i32.const 15)) (local.get $low))
          (i32.const 22)))
        (local.set $low (i16x8.narrow_i32x4_s (local.get $low) (local.get $low)))
        (v128.store32_lane 0 (local.get $to)
          (i8x16.narrow_i16x8_u (local.get $low) (local.get $low)))
        (local.set $spans (i32.add (local.get $spans) (i32.const 8)))
        (local.set $weights (i32.add (local.get $weights) (i32.shl (local.get $half) (i32.const 1))))
        (local.set $to (i32.add (local.get $to) (i32.const 4)))
        (br $position))))

  ;; The horizontal pass over pixels of one value.
  (func (export "acrossOne")
    (param $line i32) (param $spans i32) (param $count i32) (param $weights i32) (param $taps i32)
    (param $to i32)
    (local $end i32) (local $from i32) (local $weight i32) (local $last i32) (local $half i32)
    (local $pixels v128) (local $high v128) (local $low v128)
    (local.set $half (i32.shl (local.get $taps) (i32.const 1)))
    (local.set $end (i32.add (local.get $to) (local.get $count)))
    (block $done
      (loop $position
        (br_if $done (i32.ge_u (local.get $to) (local.get $end)))
        (local.set $from (i32.add (local.get $line) (i32.load (local.get $spans))))
        (local.set $last (i32.add (local.get $from) (i32.load offset=4 (local.get $spans))))
        (local.set $weight (local.get $weights))
        (local.set $high (v128.const i32x4 0 0 0 0))
        (local.set $low (v128.const i32x4 2097152 0 0 0))
        (block $summed
          (loop $taps8
            (br_if $summed (i32.ge_u (local.get $from) (local.get $last)))
            (local.set $pixels (v128.load8x8_u (local.get $from)))
            (local.set $high (i32x4.add (local.get $high)
              (i32x4.dot_i16x8_s (local.get $pixels) (v128.load (local.get $weight)))))
            (local.set $low (i32x4.add (local.get $low)
              (i32x4.dot_i16x8_s (local.get $pixels)
                (v128.load (i32.add (local.get $weight) (local.get $half))))))
            (local.set $weight (i32.add (local.get $weight) (i32.const 16)))
            (local.set $from (i32.add (local.get $from) (i32.const 8)))
            (br $taps8)))
        (local.set $low
          (i32x4.add (i32x4.shl (local.get $high) (i32.const 15)) (local.get $low)))
        (local.set $low (i32x4.splat (i32.shr_s
          (i32.add
            (i32.add
              (i32x4.extract_lane 0 (local.get $low)) (i32x4.extract_lane 1 (local.get $low)))
            (i32.add
              (i32x4.extract_lane 2 (local.get $low)) (i32x4.extract_lane 3 (local.get $low))))
          (i32.const 22))))
        (local.set $low (i16x8.narrow_i32x4_s (local.get $low) (local.get $low)))
        (v128.store8_lane 0 (local.get $to)
          (i8x16.narrow_i16x8_u (local.get $low) (local.get $low)))
        (local.set $spans (i32.add (local.get $spans) (i32.const 8)))
        (local.set $weights (i32.add (local.get $weights) (i32.shl (local.get $half) (i32.const 1))))
        (local.set $to (i32.add (local.get $to) (i32.const 1)))
        (br $position))))

  ;; One row of the vertical pass: `count` rows of `length` bytes, from the one at `first` on, in a
  ;; ring of rows from `ring` to before `ringEnd`. The length is a multiple of 16.
  (func (export "down")
    (param $ring i32) (param $ringEnd i32) (param $first i32) (param $length i32)
    (param $weights i32) (param $count i32) (param $to i32)
    (local $column i32) (local $row i32) (local $weight i32) (local $last i32)
    (local $pixels v128) (local $half v128) (local $factor v128)
    (local $a v128) (local $b v128) (local $c v128) (local $d v128)
    (local.set $last (i32.add (local.get $weights) (i32.shl (local.get $count) (i32.const 2))))
    (block $done
      (loop $columns
        (br_if $done (i32.ge_u (local.get $column) (local.get $length)))
        (local.set $a (v128.const i32x4 2097152 2097152 2097152 2097152))
        (local.set $b (local.get $a))
        (local.set $c (local.get $a))
        (local.set $d (local.get $a))
        (local.set $row (local.get $first))
        (local.set $weight (local.get $weights))
        (block $summed
          (loop $rows
            (br_if $summed (i32.ge_u (local.get $weight) (local.get $last)))
            (local.set $pixels (v128.load (i32.add (local.get $row) (local.get $column))))
            (local.set $factor (v128.load32_splat (local.get $weight)))
            (local.set $half (i16x8.extend_low_i8x16_u (local.get $pixels)))
            (local.set $a (i32x4.add (local.get $a)
              (i32x4.mul (i32x4.extend_low_i16x8_u (local.get $half)) (local.get $factor))))
            (local.set $b (i32x4.add (local.get $b)
              (i32x4.mul (i32x4.extend_high_i16x8_u (local.get $half)) (local.get $factor))))
            (local.set $half (i16x8.extend_high_i8x16_u (local.get $pixels)))
            (local.set $c (i32x4.add (local.get $c)
              (i32x4.mul (i32x4.extend_low_i16x8_u (local.get $half)) (local.get $factor))))
            (local.set $d (i32x4.add (local.get $d)
              (i32x4.mul (i32x4.extend_high_i16x8_u (local.get $half)) (local.get $factor))))
            (local.set $weight (i32.add (local.get $weight) (i32.const 4)))
            (local.set $row (i32.add (local.get $row) (local.get $length)))
            (if (i32.ge_u (local.get $row) (local.get $ringEnd))
              (then (local.set $row (local.get $ring))))
            (br $rows)))
        (v128.store (i32.add (local.get $to) (local.get $column))
          (i8x16.narrow_i16x8_u
            (i16x8.narrow_i32x4_s
              (i32x4.shr_s (local.get $a) (i32.const 22))
              (i32x4.shr_s (local.get $b) (i32.const 22)))
            (i16x8.narrow_i32x4_s
              (i32x4.shr_s (local.get $c) (i32.const 22))
              (i32x4.shr_s (local.get $d) (i32.const 22)))))
        (local.set $column (i32.add (local.get $column) (i32.const 16)))
        (br $columns)))))
