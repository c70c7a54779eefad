//! Finds out which parameter reads which segment of the path where their names differ.
//!
//! Mistakes are reported, and the function and the path are changed as if they had been corrected, so that the rest is checked.

use proc_macro2::Ident;
use syn::{FnArg, GenericArgument, Pat, PatType, PathArguments, Type, parse_quote};

use super::path::{PathParam, RoutePath};
use crate::{
    endpoint_fn::{EndpointFn, param_name},
    errors::Errors,
    list::closest,
    names::unraw,
    text::tidy,
};

/// Finds the parameters that were meant for segments without a parameter of their name.
pub(super) fn reconcile(function: &mut EndpointFn, path: &mut RoutePath, errors: &mut Errors) {
    unpack_patterns(function, path, errors);
    let unread: Vec<usize> =
        (0..path.params.len()).filter(|&at| !is_read(&path.params[at], function)).collect();
    let is_only = unread.len() == 1;
    let mut taken: Vec<Ident> = Vec::new();
    for at in unread {
        let segment = &path.params[at];
        let candidates: Vec<_> = candidates(function, path).filter(|name| !taken.contains(name)).collect();
        let Some(meant) = closest_name(&segment.name, &candidates)
            .or_else(|| is_only.then(|| only_text(function, &candidates)).flatten())
        else {
            continue;
        };
        let message = format!("no parameter named `{}` for `{}`", segment.name, written(segment));
        errors.push(&meant, message, format!("rename `{meant}` to `{}`", as_ident(&segment.name)));
        path.params[at].name = unraw(&meant);
        taken.push(meant);
    }
}

/// `<id>` or `<rest..>`.
pub(super) fn written(segment: &PathParam) -> String {
    format!("<{}{}>", segment.name, if segment.takes_rest { ".." } else { "" })
}

/// Returns the name as an identifier. A keyword is only an identifier in its raw form.
pub(super) fn as_ident(name: &str) -> String {
    if syn::parse_str::<Ident>(name).is_ok() { name.to_owned() } else { format!("r#{name}") }
}

fn is_read(segment: &PathParam, function: &EndpointFn) -> bool {
    function
        .params()
        .any(|(param, _)| param_name(param).is_some_and(|name| unraw(&name.ident) == segment.name))
}

/// Returns the parameters that have no source yet. The last one is the connection, unless its type says otherwise.
fn candidates<'f>(function: &'f EndpointFn, path: &'f RoutePath) -> impl Iterator<Item = Ident> + 'f {
    let last = function.params().count().saturating_sub(1);
    function.params().enumerate().filter_map(move |(index, (param, helpers))| {
        let name = &param_name(param)?.ident;
        let is_free = helpers.is_empty() && path.params.iter().all(|segment| segment.name != unraw(name));
        (is_free && (index < last || is_text(&param.ty))).then(|| name.clone())
    })
}

// Handles `itme_id`, `_id`, `itemId`, or `id` where the path has `item_id`.
fn closest_name(segment: &str, candidates: &[Ident]) -> Option<Ident> {
    let plain = |name: &str| name.replace('_', "").to_lowercase();
    let find =
        |is_meant: &dyn Fn(&str) -> bool| candidates.iter().find(|name| is_meant(&unraw(name))).cloned();
    let words =
        |name: &str| name.split('_').filter(|word| !word.is_empty()).map(str::to_owned).collect::<Vec<_>>();
    let shares_words = |name: &str| {
        let (ours, theirs) = (words(segment), words(name));
        !theirs.is_empty()
            && (theirs.iter().all(|word| ours.contains(word))
                || ours.iter().all(|word| theirs.contains(word)))
    };
    find(&|name| plain(name) == plain(segment))
        .or_else(|| find(&|name| closest(name, [segment].into_iter()).is_some()))
        .or_else(|| find(&shares_words))
}

// If only one segment is left, and only one parameter that must be a text, they belong together.
fn only_text(function: &EndpointFn, candidates: &[Ident]) -> Option<Ident> {
    let mut texts = function.params().filter_map(|(param, _)| {
        let name = &param_name(param)?.ident;
        (candidates.contains(name) && is_text(&param.ty)).then_some(name)
    });
    match (texts.next(), texts.next()) {
        (Some(only), None) => Some(only.clone()),
        _ => None,
    }
}

// This is a mistake in any case. The names of the standard types only decide the wording of the error.
fn is_text(ty: &Type) -> bool {
    const TEXTS: [&str; 17] = [
        "u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32", "i64", "i128", "isize", "f32", "f64",
        "bool", "char", "String",
    ];
    let Type::Path(path) = ty else { return false };
    TEXTS.iter().any(|name| path.path.is_ident(name))
}

// Handles `Path(id): Path<u64>`, `Path((a, b)): Path<(u64, String)>` and `(a, b): (u64, u64)`, as in axum and actix.
fn unpack_patterns(function: &mut EndpointFn, path: &mut RoutePath, errors: &mut Errors) {
    // This goes backwards, because parameters are inserted.
    for index in (0..function.sig.inputs.len()).rev() {
        let unread: Vec<usize> =
            (0..path.params.len()).filter(|&at| !is_read(&path.params[at], function)).collect();
        let Some(FnArg::Typed(param)) = function.sig.inputs.get(index) else { continue };
        let has_source = function.helpers.get(index).is_some_and(|helpers| !helpers.is_empty());
        let Some(extractor) = Extractor::of(param, &unread, path).filter(|_| !has_source) else { continue };
        extractor.report(param, path, errors);
        if let Some(params) = extractor.plain_params() {
            extractor.rename(path);
            function.replace_param(index, &params);
        } else {
            let mut at = 0..;
            path.params.retain(|_| at.next().is_some_and(|at| !extractor.segments.contains(&at)));
        }
    }
}

/// A parameter that was meant to take segments of the path from an extractor.
struct Extractor {
    /// The names that its pattern binds. Empty if it is a plain name, or binds more than names.
    names: Vec<Ident>,
    /// The types of the values, if they are known.
    types: Vec<Type>,
    /// The segments, by their positions in the path.
    segments: Vec<usize>,
}

impl Extractor {
    fn of(param: &PatType, unread: &[usize], path: &RoutePath) -> Option<Self> {
        let bound = names_in(&param.pat).unwrap_or_default();
        let names_segment = |at: &usize| bound.iter().any(|name| unraw(name) == path.params[*at].name);
        let by_name: Vec<usize> = unread.iter().copied().filter(names_segment).collect();
        if unread.is_empty() || by_name.is_empty() && !is_path_extractor(param) {
            return None;
        }
        let types = if destructures_fields(&param.pat) { Vec::new() } else { types_in(&param.ty) };
        let segments = match by_name.as_slice() {
            [] => unread.iter().copied().take(types.len().max(1)).collect(),
            _ => by_name,
        };
        let names = if param_name(param).is_some() { Vec::new() } else { bound };
        Some(Self { names, types, segments })
    }

    fn report(&self, param: &PatType, path: &RoutePath, errors: &mut Errors) {
        let segments = self.segments.iter().map(|&at| &path.params[at]);
        let shown: Vec<String> = segments.clone().map(|segment| format!("`{}`", written(segment))).collect();
        let plain = segments.enumerate().map(|(position, segment)| {
            let position = self.place_of(segment).unwrap_or(position);
            let ty = self.types.get(position).map_or("T".to_owned(), tidy);
            format!("{}: {ty}", as_ident(&segment.name))
        });
        let plain: Vec<String> = plain.collect();
        let message =
            format!("parameter for {} must be a plain name with the type of its value", shown.join(" and "));
        errors.push(param, message, format!("`{}`", plain.join(", ")));
    }

    fn place_of(&self, segment: &PathParam) -> Option<usize> {
        self.names.iter().position(|name| unraw(name) == segment.name)
    }

    /// Returns the parameters to write instead, under the names that the body uses.
    fn plain_params(&self) -> Option<Vec<PatType>> {
        if self.names.is_empty() || self.names.len() != self.types.len() {
            return None;
        }
        let plain = self.names.iter().zip(&self.types).map(|(name, ty)| match parse_quote!(#name: #ty) {
            FnArg::Typed(param) => Some(param),
            FnArg::Receiver(_) => None,
        });
        plain.collect()
    }

    /// Renames the segments after those parameters.
    fn rename(&self, path: &mut RoutePath) {
        for (position, &at) in self.segments.iter().enumerate() {
            let segment = &mut path.params[at];
            if let Some(name) = self.names.get(self.place_of(segment).unwrap_or(position)) {
                segment.name = unraw(name);
            }
        }
    }
}

// The type or the pattern is called `Path`, or the pattern is a bare tuple.
fn is_path_extractor(param: &PatType) -> bool {
    let is_path = |path: &syn::Path| path.segments.last().is_some_and(|segment| segment.ident == "Path");
    let by_type =
        matches!(&*param.ty, Type::Path(ty) if is_path(&ty.path) && !types_in(&param.ty).is_empty());
    match &*param.pat {
        Pat::TupleStruct(pattern) => is_path(&pattern.path),
        Pat::Struct(pattern) => is_path(&pattern.path),
        Pat::Tuple(_) => true,
        _ => by_type,
    }
}

// `Path(Page { number })`: the types of the fields are declared elsewhere.
fn destructures_fields(pattern: &Pat) -> bool {
    match pattern {
        Pat::Struct(_) => true,
        Pat::TupleStruct(pattern) => pattern.elems.iter().any(destructures_fields),
        _ => false,
    }
}

/// Returns the names that a tuple pattern binds, if it binds nothing else.
fn names_in(pattern: &Pat) -> Option<Vec<Ident>> {
    match pattern {
        Pat::Ident(name) if name.by_ref.is_none() && name.subpat.is_none() => Some(vec![name.ident.clone()]),
        Pat::TupleStruct(pattern) => {
            pattern.elems.iter().map(names_in).collect::<Option<Vec<_>>>().map(|names| names.concat())
        }
        Pat::Tuple(pattern) => {
            pattern.elems.iter().map(names_in).collect::<Option<Vec<_>>>().map(|names| names.concat())
        }
        Pat::Paren(pattern) => names_in(&pattern.pat),
        _ => None,
    }
}

/// Returns `u64` for `Path<u64>`, and `u64` and `String` for `Path<(u64, String)>` or `(u64, String)`.
fn types_in(ty: &Type) -> Vec<Type> {
    match ty {
        Type::Tuple(tuple) => tuple.elems.iter().cloned().collect(),
        Type::Path(path) => {
            let Some(PathArguments::AngleBracketed(generics)) =
                path.path.segments.last().map(|last| &last.arguments)
            else {
                return Vec::new();
            };
            let types: Vec<_> = generics
                .args
                .iter()
                .filter_map(|argument| match argument {
                    GenericArgument::Type(ty) => Some(ty),
                    _ => None,
                })
                .collect();
            match types.as_slice() {
                [Type::Tuple(tuple)] => tuple.elems.iter().cloned().collect(),
                [only] => vec![(*only).clone()],
                _ => Vec::new(),
            }
        }
        _ => Vec::new(),
    }
}
