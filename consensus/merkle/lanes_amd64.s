#include "textflag.h"

// func addVector(to *sums, v *vector)
TEXT ·addVector(SB), NOSPLIT, $0-16
	MOVQ to+0(FP), DI
	MOVQ v+8(FP), SI
	MOVQ $32, CX // 64 bytes a turn

turn:
	MOVOU (DI), X0
	MOVOU (SI), X1
	MOVOU 16(DI), X2
	MOVOU 16(SI), X3
	MOVOU 32(DI), X4
	MOVOU 32(SI), X5
	MOVOU 48(DI), X6
	MOVOU 48(SI), X7
	PADDW X1, X0
	PADDW X3, X2
	PADDW X5, X4
	PADDW X7, X6
	MOVOU X0, (DI)
	MOVOU X2, 16(DI)
	MOVOU X4, 32(DI)
	MOVOU X6, 48(DI)
	ADDQ $64, DI
	ADDQ $64, SI
	DECQ CX
	JNZ  turn
	RET

// func subVector(from *sums, v *vector)
TEXT ·subVector(SB), NOSPLIT, $0-16
	MOVQ from+0(FP), DI
	MOVQ v+8(FP), SI
	MOVQ $32, CX // 64 bytes a turn

turn:
	MOVOU (DI), X0
	MOVOU (SI), X1
	MOVOU 16(DI), X2
	MOVOU 16(SI), X3
	MOVOU 32(DI), X4
	MOVOU 32(SI), X5
	MOVOU 48(DI), X6
	MOVOU 48(SI), X7
	PSUBW X1, X0
	PSUBW X3, X2
	PSUBW X5, X4
	PSUBW X7, X6
	MOVOU X0, (DI)
	MOVOU X2, 16(DI)
	MOVOU X4, 32(DI)
	MOVOU X6, 48(DI)
	ADDQ $64, DI
	ADDQ $64, SI
	DECQ CX
	JNZ  turn
	RET
