//! Numeric literals, which are compared at compile time.

use std::{
    cmp::Ordering,
    fmt::{self, Display, Formatter},
};

use syn::{Expr, ExprUnary, Lit, UnOp};

use crate::list::literal;

/// A numeric literal with its sign.
#[derive(Clone, Copy, Debug)]
pub(super) enum Number {
    Int(i128),
    Float(f64),
}

impl Number {
    pub(super) fn of(value: &Expr) -> Option<Self> {
        match value {
            Expr::Unary(ExprUnary { op: UnOp::Neg(_), expr, .. }) => match Self::of(expr)? {
                Self::Int(int) => Some(Self::Int(-int)),
                Self::Float(float) => Some(Self::Float(-float)),
            },
            Expr::Paren(paren) => Self::of(&paren.expr),
            _ => match literal(value)? {
                Lit::Int(int) => int.base10_parse().ok().map(Self::Int),
                Lit::Float(float) => float.base10_parse().ok().map(Self::Float),
                _ => None,
            },
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "a mixed comparison is of small literals")]
    fn as_float(self) -> f64 {
        match self {
            Self::Int(int) => int as f64,
            Self::Float(float) => float,
        }
    }

    pub(super) fn is_multiple_of(self, step: Self) -> bool {
        match (self, step) {
            (Self::Int(int), Self::Int(step)) => int % step == 0,
            // The runtime decides how close is close enough.
            _ => true,
        }
    }
}

impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        self.partial_cmp(other).is_some_and(Ordering::is_eq)
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Int(left), Self::Int(right)) => Some(left.cmp(right)),
            _ => self.as_float().partial_cmp(&other.as_float()),
        }
    }
}

impl Display for Number {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Int(int) => write!(f, "{int}"),
            Self::Float(float) => write!(f, "{float:?}"),
        }
    }
}
